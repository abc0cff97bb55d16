/** The columns, in order, and what they are called. */
export const STATUSES = ["OPEN", "DOING", "DONE"];
export const TITLES = { OPEN: "To do", DOING: "Doing", DONE: "Done" };

/** What was not done, to which task: `{ kind: "create" | "update" | "delete", entity, title, fields }`. */
export function undone({ kind, entity = "task", title, fields }) {
  const it = `${entity === "task" ? "The task" : "The board"} “${title}” was not`;
  if (kind === "create") return `${it} added.`;
  if (kind === "delete") return `${it} deleted.`;
  const [field, more] = Object.keys(fields);
  const value = fields[field];
  if (!more && (field === "title" || field === "name")) return `${it} renamed to “${value}”.`;
  if (!more && field === "status") return `${it} moved to “${TITLES[value] ?? value}”.`;
  if (!more && field === "assignee") return `${it} ${value ? `assigned to ${value}` : "taken from who has it"}.`;
  return `${it} changed.`;
}
