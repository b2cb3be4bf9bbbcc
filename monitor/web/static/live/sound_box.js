// The sound box: switch on with one tap, try it, choose, measure the delay of headphones.
import { saveSetting, settings } from "./settings.js";
import { RISING } from "./signals.js";
import { listen } from "./taps.js";

const $ = (id) => document.getElementById(id);

export function openSoundBox(sound, voice) {
  const box = $("box"),
    pill = $("sound");
  const refresh = () => {
    pill.textContent = sound.ready ? "♪ on" : "♪ off";
    $("ask").hidden = sound.ready;
    pill.className = `pill ${sound.ready ? "good" : "warn"}`;
    $("delay").textContent = settings.delay_ms ? `${settings.delay_ms} ms are taken off` : "not measured";
  };
  const test = async () => {
    if (!(await sound.unlock())) return;
    sound.tones(RISING);
    setTimeout(() => voice.say(voice.phrase("sound_on")), 420);
    navigator.vibrate?.(100);
  };
  sound.changed = refresh;
  pill.onclick = async () => {
    if (sound.ready) box.showModal();
    else await test();
    refresh();
  };
  $("box-test").onclick = $("ask").onclick = test;
  $("box-close").onclick = () => box.close();
  for (const name of ["tones", "beats", "pulses"]) {
    $(`set-${name}`).checked = settings[name];
    $(`set-${name}`).onchange = ({ target }) => saveSetting(name, target.checked);
  }
  $("set-pulses").disabled = !navigator.vibrate;
  for (const name of ["words", "language"]) {
    $(`set-${name}`).value = settings[name];
    $(`set-${name}`).onchange = ({ target }) => saveSetting(name, target.value);
  }
  $("set-volume").value = settings.volume;
  $("set-volume").onchange = ({ target }) => {
    saveSetting("volume", Number(target.value));
    sound.tones(RISING);
  };
  voice.load().then(() => {
    $("set-language").append(...voice.languages.map(([code, name]) => new Option(name, code)));
    $("set-language").value = settings.language;
  });
  $("tap-start").onclick = () => measure(sound, refresh);
  $("tap-forget").onclick = () => {
    saveSetting("delay_ms", 0);
    refresh();
  };
  refresh();
}

async function measure(sound, refresh) {
  const pad = $("tap-pad"),
    told = $("tap-told");
  const before = settings.delay_ms;
  saveSetting("delay_ms", 0); // heard as it comes
  pad.disabled = false;
  $("tap-start").disabled = true;
  told.textContent = "Tap the field on every beat.";
  const found = await listen(sound, pad);
  pad.disabled = true;
  $("tap-start").disabled = false;
  saveSetting("delay_ms", found ?? before);
  told.textContent =
    found === null
      ? "The taps did not agree; nothing was changed. Try once more."
      : `Heard ${found} ms after it was sent (right to about 50 ms). Sounds now start so much earlier.`;
  refresh();
}
