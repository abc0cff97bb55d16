const RETRY_MS = 1000;
const TYPES = ["record", "held", "boards", "viewers", "connection", "rejected", "saved", "waiting", "known", "found"];

/**
 * Follows a stream of events and comes back by itself after each loss of the line.
 *
 * `address(again)` is where the stream is; `place`, if there is one, is what it is about, and answers 404 when that is gone. `on` has a
 * function for each type of event that it wants, `opened(again)`, and `lost(gone)` where `gone` says that there is no such place. Returns a
 * function that ends it.
 */
export function follow(address, place, on) {
  let source = null;
  let timer = 0;
  let times = 0;
  let ended = false;

  function connect() {
    clearTimeout(timer);
    source?.close();
    const mine = new EventSource(address(times > 0));
    source = mine;
    mine.onopen = () => on.opened(times++ > 0);
    mine.onerror = () => {
      mine.close();
      if (source === mine && !ended) lost();
    };
    for (const type of TYPES) {
      if (on[type]) mine.addEventListener(type, (event) => on[type](JSON.parse(event.data)));
    }
  }

  async function lost() {
    timer = setTimeout(connect, RETRY_MS);
    on.lost(false);
    if (!place) return;
    // An EventSource does not tell a board that is not there from a service that is not.
    const status = await fetch(place).then((answer) => answer.status, () => 0);
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
