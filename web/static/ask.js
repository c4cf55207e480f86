// Asks: a question is shown at once, then its progress, then its turn as the service rendered it;
// while the service is away or busy, the question waits and asks again. Without this script the
// same forms load a page.

const box = document.querySelector("#question");
const log = document.querySelector("#log");
const said = document.querySelector("#said");
const send = document.querySelector("#send");
const cancel = document.querySelector("#cancel");
const suggestions = document.querySelector("#suggestions");
const LONGEST_WAIT = 60; // seconds; a longer Retry-After is left to the reader
const WAITS = [2, 4, 8, 15, 30]; // seconds between tries while nothing answers
const LENT = 10; // earlier turns that may lend words
const LENT_BYTES = 40_000; // as a form sends them; the service takes 65,536 with the question

let asking = null; // the turn on its way, or waiting: one at a time
let place = 0; // where it stands in the log
let timer = null;
let tries = 0;

const copy = (id) => document.querySelector(id).content.firstElementChild.cloneNode(true);
const parse = (html) => new DOMParser().parseFromString(html, "text/html"); // runs no script
const questionOf = (turn) => turn.querySelector("[data-question]")?.textContent ?? "";

function earlier() {
  const turns = [...log.querySelectorAll("[data-record]")].slice(-LENT).map((record) => {
    const { question, answer } = JSON.parse(record.content.textContent);
    return { question, answer };
  });
  while (encodeURIComponent(JSON.stringify(turns)).length > LENT_BYTES) turns.shift();
  return turns;
}

function update() {
  send.hidden = asking !== null;
  cancel.hidden = asking === null;
  suggestions.hidden = log.firstElementChild !== null;
}

function show(turn) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  turn.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}

// A turn that sends itself, at the end or in the place of one that failed.
function ask(question, failed = null, lent = earlier()) {
  clearInterval(timer);
  const turn = copy("#pending");
  const form = turn.querySelector("form");
  turn.querySelector("[data-question]").textContent = question;
  form.elements.question.value = question;
  form.elements.history.value = JSON.stringify(lent);
  const within = failed?.contains(document.activeElement);
  if (failed) failed.replaceWith(turn);
  else log.append(turn);
  asking = turn;
  place = [...log.children].indexOf(turn);
  said.textContent = turn.querySelector("[data-progress]").textContent;
  htmx.process(turn);
  update();
  show(turn);
  if (within) cancel.focus({ preventScroll: true });
  form.requestSubmit();
}

function finish(turn) {
  clearInterval(timer);
  asking = null;
  tries = 0;
  // On a touch screen a keyboard over the answer comes with the focus in the box.
  const rest = matchMedia("(pointer: fine)").matches ? box : (turn?.querySelector(".question") ?? box);
  if (rest === box || document.activeElement === cancel) rest.focus({ preventScroll: true });
  update();
}

function waitAndAsk(turn, seconds) {
  asking = turn;
  const line = copy("#countdown");
  const shown = line.querySelector("[data-seconds]");
  let left = seconds;
  shown.textContent = left;
  (turn.querySelector(".answer") ?? turn).append(line);
  said.textContent = turn.querySelector(".error").textContent;
  clearInterval(timer);
  timer = setInterval(() => {
    left -= 1;
    shown.textContent = Math.max(left, 0);
    if (left <= 0) askAgain();
  }, 1000);
  update();
}

function askAgain() {
  ask(questionOf(asking), asking);
}

function unreachable(turn) {
  turn.classList.add("away");
  turn.querySelector("[data-progress]").replaceWith(copy("#unreachable"));
  waitAndAsk(turn, WAITS[Math.min(tries, WAITS.length - 1)]);
  tries += 1;
}

function arrived(turn) {
  const seconds = Number.parseInt(turn.dataset.retryAfter, 10);
  if (seconds >= 0 && seconds <= LONGEST_WAIT) {
    waitAndAsk(turn, seconds);
    return;
  }
  said.textContent = turn.querySelector("[data-said]").dataset.said;
  if (turn.querySelector(".error")) box.value ||= questionOf(asking); // to be mended and sent again
  finish(turn);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-ask]")) return;
  event.preventDefault();
  const chosen = event.submitter?.name === "question" ? event.submitter : form.elements.question;
  const question = chosen.value.trim();
  const failed = form.matches("[data-again]") ? form.closest(".turn") : null;
  if (!question || (asking && asking !== failed)) return;
  if (form.id === "ask") box.value = "";
  const pressed = event.submitter === document.activeElement;
  // Put in the reader's own words, it needs none from before.
  ask(question, failed, form.closest(".taken") ? [] : undefined);
  // The button that was pressed may be gone, and the focus with it.
  if (pressed) cancel.focus({ preventScroll: true });
});

document.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr } }) => {
  const progress = elt.closest(".pending")?.querySelector("[data-progress]");
  if (!progress) return;
  xhr.addEventListener("progress", () => {
    const last = [...parse(xhr.responseText).querySelectorAll(".progress")].at(-1);
    if (last) progress.replaceChildren(...last.childNodes);
  });
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Anything but a turn, such as a proxy's page, is no answer.
  if (detail.requestConfig.elt.closest(".pending")) {
    detail.shouldSwap = parse(detail.serverResponse).querySelector(".turn") !== null;
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const turn = asking;
  if (!turn || detail.requestConfig.elt.closest(".turn") !== turn) return;
  if (turn.isConnected) unreachable(turn);
  else arrived(log.children[place]);
});

cancel.addEventListener("click", () => {
  const turn = asking;
  box.focus({ preventScroll: true });
  finish();
  const form = turn.querySelector("form[hx-post]");
  if (form) htmx.trigger(form, "htmx:abort");
  turn.remove();
  said.textContent = "";
  box.value ||= questionOf(turn);
  update();
});

addEventListener("online", () => {
  if (asking?.matches(".away")) askAgain();
});

box.addEventListener("keydown", (event) => {
  // An Enter that ends a Japanese conversion belongs to the input method (229 in Safari).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  box.form.requestSubmit();
});

new MutationObserver(update).observe(log, { childList: true });
update();
