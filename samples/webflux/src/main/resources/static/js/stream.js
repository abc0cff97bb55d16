const RETRY_MS = 1000;

/**
 * Follows a board's events and comes back by itself after each loss of the line.
 *
 * `on` has a function for each type of event (record, held, viewers, connection, rejected), `opened(again)`, and
 * `lost(gone)` where `gone` says that there is no such board. Returns a function that ends it.
 */
export function follow(projectId, name, on) {
  const board = `api/projects/${encodeURIComponent(projectId)}`;
  let source = null;
  let timer = 0;
  let times = 0;
  let ended = false;

  function connect() {
    clearTimeout(timer);
    source?.close();
    const mine = new EventSource(`${board}/events?name=${encodeURIComponent(name)}&again=${times > 0}`);
    source = mine;
    mine.onopen = () => on.opened(times++ > 0);
    mine.onerror = () => {
      mine.close();
      if (source === mine && !ended) lost();
    };
    for (const type of ["record", "held", "viewers", "connection", "rejected"]) {
      mine.addEventListener(type, (event) => on[type](JSON.parse(event.data)));
    }
  }

  async function lost() {
    timer = setTimeout(connect, RETRY_MS);
    on.lost(false);
    // An EventSource does not tell a board that is not there from a service that is not.
    const status = await fetch(board).then((answer) => answer.status, () => 0);
    if ((status === 404 || status === 400) && !ended) {
      end();
      on.lost(true);
    }
  }

  function offline() {
    source?.close();
    clearTimeout(timer);
    on.lost(false);
  }

  function end() {
    ended = true;
    clearTimeout(timer);
    source?.close();
    window.removeEventListener("online", connect);
    window.removeEventListener("offline", offline);
  }

  window.addEventListener("online", connect);
  window.addEventListener("offline", offline);
  connect();
  return end;
}
