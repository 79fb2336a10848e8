// Follows the session that the page was made for, by a WebSocket. The page
// works without: this only says at once what a reload would say.
"use strict";

(() => {
  const live = document.getElementById("live");
  const words = {
    "session destroyed": "This session has ended: somebody logged out or revoked it. Its ticket opens nothing any more.",
    "session expired": "This session has expired.",
    "session renewed": "This session got a new ticket, by a login in another window. This page still shows what was before.",
  };

  function say(state, text) {
    live.dataset.state = state;
    live.textContent = text;
    live.hidden = false;
    if (state === "open") return;
    const again = document.createElement("a");
    again.href = location.pathname;
    again.textContent = "Reload";
    live.append(" ", again);
  }

  function count(views) {
    const number = document.getElementById("number");
    const times = document.querySelector("#views strong");
    if (!number || !times) return; // another page than the first
    number.textContent = String(views).padStart(4, "0");
    times.textContent = views === 1 ? "once" : views + " times";
  }

  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
  socket.onmessage = (event) => {
    count(JSON.parse(event.data).views);
    say("open", "Live: follows its session");
  };
  socket.onclose = (event) => {
    if (words[event.reason]) {
      say(event.reason.split(" ")[1], words[event.reason]);
    } else {
      say("lost", "This page does not follow its session any more: that has ended meanwhile, or the server cannot be reached.");
    }
  };
})();
