/* Plays moments ([fingerprint, ms]) in the players of the page, one after another in each, and tells what was
   to be seen and heard. Pictures come as the pixels (RGBA) of a canvas of width x height. */
async ([moments, width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const left = [...moments.entries()];
  const told = [];
  await Promise.all(window.players.map(async (player) => {
    while (left.length) {
      const [index, [fingerprint, ms]] = left.shift();
      told[index] = await watch(player, fingerprint, ms);
    }
  }));
  return told;

  async function watch(player, fingerprint, ms) {
    const { video } = player;
    const began = performance.now();
    let shown = null;
    let call = 0;
    const see = () => {
      call = video.requestVideoFrameCallback((_, frame) => {
        if (player.source && video.videoWidth) shown = frame.mediaTime; // else a late one of the video before
        see();
      });
    };
    see();
    player.source = player.ahead = null;
    const named = { fingerprint, title: "", folder: "", when: "", poster: "" };
    await player.show({ ...named, start_ms: ms, end_ms: ms + 1000 }, { play: true });
    const wrong = () => player.notice.classList.contains("wrong");
    const there = () => player.source && !player.loading && video.readyState >= 2 && !video.seeking;
    let begun = null;
    while (performance.now() - began < 30_000 && !wrong()) {
      if (there() && player.now >= ms - 50) {
        begun ??= performance.now();
        if (video.ended || player.now > ms + 60) break;
      }
      await pause(10);
    }
    video.pause();
    await pause(400); // until the picture that it stopped at was told of
    video.cancelVideoFrameCallback(call);
    context.clearRect(0, 0, width, height);
    if (shown !== null) context.drawImage(video, 0, 0, width, height);
    return {
      began_ms: begun === null ? null : begun - began,
      now_ms: player.source ? player.now : null,
      at_ms: shown === null ? null : shown * 1000 + (player.source?.offset_ms ?? 0),
      width: video.videoWidth,
      height: video.videoHeight,
      heard: video.webkitAudioDecodedByteCount,
      converted: !video.src.includes("/files/"),
      problem: wrong() ? player.notice.textContent : "",
      pixels: shown === null ? null : [...context.getImageData(0, 0, width, height).data],
    };
  }
}
