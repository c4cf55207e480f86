// The document beside the chat, or over it on a narrow screen: htmx fetches it and keeps the
// address; this moves the view, the focus, and from one quotation to the next. Closing it asks
// nobody, so that it closes with the service gone, too.

const log = document.querySelector("#log");
const reader = document.querySelector("#reader");
const beneath = document.querySelectorAll(".skip, header.site, .conversation, footer.site");
const narrow = matchMedia("(max-width: 68.74rem)");
let opener = null; // the quotation, or another link, that the document was opened from

const places = () => [...log.querySelectorAll(".citation .chip")];

// The first quotation of the place that the page's address names.
function addressed() {
  const place = new URLSearchParams(location.search);
  const [start, end] = [place.get("start"), place.get("end")];
  return places().find((link) => {
    const url = new URL(link.href);
    const of = decodeURIComponent(url.pathname.split("/").at(-1));
    return (
      of === place.get("document") &&
      url.searchParams.get("start") === start &&
      url.searchParams.get("end") === end
    );
  });
}

function step(by) {
  const links = places();
  const here = links.indexOf(opener);
  return here < 0 ? undefined : links[here + by];
}

function arrange() {
  const open = reader.firstElementChild !== null;
  for (const link of places()) {
    if (open && link === opener) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const button of reader.querySelectorAll("[data-step]")) {
    button.hidden = !step(Number(button.dataset.step));
  }
  for (const element of beneath) element.inert = open && narrow.matches;
  return open;
}

// To the quotation on the picture of its page, or else in the text.
function show() {
  const place = reader.querySelector(".leaf rect, mark");
  place?.scrollIntoView({ block: "center", behavior: "instant" });
}

function changed() {
  if (arrange()) {
    show();
    reader.querySelector("h2").focus({ preventScroll: true });
  } else if (document.activeElement === document.body) {
    const rest = opener?.isConnected ? opener : document.querySelector("#main");
    rest.closest("details:not([open])")?.setAttribute("open", "");
    rest.focus({ preventScroll: true });
  }
}

document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target } }) => {
  if (target !== reader) return;
  // What is asked for last is what is wanted.
  if (opener && opener !== elt) htmx.trigger(opener, "htmx:abort");
  opener = elt;
});

// On the way back and forward, which htmx asks for without a word where nothing comes.
document.addEventListener("htmx:historyCacheMiss", (event) => {
  if (!new URLSearchParams(location.search).has("document")) {
    event.preventDefault();
    reader.replaceChildren();
    return;
  }
  opener = addressed() ?? opener;
  const { xhr } = event.detail;
  xhr.addEventListener("loadend", () => {
    if (xhr.status === 200) return;
    reader.replaceChildren();
    const elt = opener?.isConnected ? opener : document.querySelector("#main h1");
    htmx.trigger(elt, "htmx:sendError", { requestConfig: { elt } });
  });
});

reader.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step))?.click();
  if (!event.target.closest("[data-close]")) return;
  event.preventDefault();
  reader.replaceChildren();
  // Marked as htmx marks its own, so that it brings the document back on the way back.
  history.replaceState({ htmx: true }, "");
  history.pushState({ htmx: true }, "", "/");
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") reader.querySelector("[data-close]")?.click();
});
narrow.addEventListener("change", arrange);
new MutationObserver(changed).observe(reader, { childList: true });
new MutationObserver(arrange).observe(log, { childList: true });
opener = addressed() ?? null;
arrange();
show();
