/** The columns, in order, and what they are called. */
export const STATUSES = ["OPEN", "DOING", "DONE"];
export const TITLES = { OPEN: "To do", DOING: "Doing", DONE: "Done" };

/**
 * What was not done, to which task: `{ kind: "create" | "update" | "delete", entity, title, fields }`. The answer is a list of texts of the
 * page's own and of `{ written }`, what somebody wrote. Without a title nobody knows it any more.
 */
export function undone({ kind, entity = "task", title, fields }) {
  const what = entity === "task" ? "task" : "board";
  const it = title ? [`The ${what} “`, { written: title }, "” was not"] : [`A ${what} was not`];
  if (kind === "create") return [...it, " added."];
  if (kind === "delete") return [...it, " deleted."];
  const [field, more] = Object.keys(fields);
  const value = fields[field];
  if (!more && (field === "title" || field === "name")) return [...it, " renamed to “", { written: value }, "”."];
  if (!more && field === "status") return [...it, ` moved to “${TITLES[value] ?? "another column"}”.`];
  if (!more && field === "assignee") return value ? [...it, " assigned to ", { written: value }, "."] : [...it, " taken from whoever had it."];
  return [...it, " changed."];
}

/** What waits to be done, to which task: as `undone` takes it and answers. */
export function waits({ kind, entity = "task", title }) {
  const what = entity === "task" ? "task" : "board";
  const did = { create: "Added", update: "Changed", delete: "Deleted" }[kind];
  return title ? [`${did} the ${what} “`, { written: title }, "”."] : [`${did} a ${what}.`];
}

/** Why, as the service says it to people; what it says to programs names ids and addresses. */
export function why(problem) {
  return problem?.words ?? "The service did not take it. Try again later.";
}
