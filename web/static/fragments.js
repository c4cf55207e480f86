// The fragments that htmx fetches: where one does not come, the page says why beside what asked for
// it, and where one comes, the focus that was in its place moves into it.

const parse = (html) => new DOMParser().parseFromString(html, "text/html"); // runs no script
let held = false; // whether the focus is in what is being replaced

const isTurn = (asked) => asked.closest(".pending") !== null; // ask.js waits, and asks again
const around = (asked) => (asked.matches("form") ? asked : asked.parentElement);

function forget(asked) {
  around(asked).querySelector(":scope > .error")?.remove();
}

function tell(asked, line) {
  forget(asked);
  line.setAttribute("role", "alert");
  around(asked).append(line);
}

function unreachable() {
  return document.querySelector("#unreachable").content.firstElementChild.cloneNode(true);
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!isTurn(detail.elt)) forget(detail.elt);
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  held = detail.target.contains(document.activeElement);
  const asked = detail.requestConfig.elt;
  if (isTurn(asked) || detail.xhr.status < 400) return;
  detail.shouldSwap = false;
  // A proxy's page says nothing to the reader.
  tell(asked, parse(detail.serverResponse).querySelector(".error") ?? unreachable());
});

document.addEventListener("htmx:sendError", ({ detail }) => {
  const asked = detail.requestConfig.elt;
  if (!isTurn(asked)) tell(asked, unreachable());
});

document.addEventListener("htmx:load", ({ detail }) => {
  if (held && document.activeElement === document.body) detail.elt.focus({ preventScroll: true });
  held = false;
});
