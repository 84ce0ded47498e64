// Small helps; every page works without them. Shows when the live line is lost, and keeps spans of time moving.
(function () {
  "use strict";
  var lost = document.getElementById("lost");
  var timer = null;
  function line(up) {
    if (!lost) { return; }
    clearTimeout(timer);
    if (up) { lost.hidden = true; lost.textContent = ""; return; }
    // a moment's patience: the line comes back by itself after a restart
    timer = setTimeout(function () { lost.textContent = document.body.dataset.lost; lost.hidden = false; }, 2500);
  }
  document.body.addEventListener("htmx:sseOpen", function () { line(true); });
  document.body.addEventListener("htmx:sseError", function () { line(false); });
  // a player says nothing of its own when there is nothing to play; the words stand behind it
  document.querySelectorAll("audio").forEach(function (player) {
    player.addEventListener("error", function () { player.nextElementSibling.hidden = false; });
    player.addEventListener("playing", function () { player.nextElementSibling.hidden = true; });
  });
})();
