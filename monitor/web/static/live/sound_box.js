// The sound box: switch on with one tap, try it, choose, measure the delay of headphones.
import { languageNames, textOf } from "../shared/messages.js";
import { saveSetting, settings } from "../shared/settings.js";
import { RISING } from "./signals.js";
import { listen } from "./taps.js";

const $ = (id) => document.getElementById(id);

// Open it once; languageChanged() is called when another one was chosen.  Returns what writes its texts anew.
export function openSoundBox(sound, voice, languageChanged) {
  const box = $("box"),
    pill = $("sound");
  const refresh = () => {
    pill.textContent = textOf(sound.ready ? "live.sound.on" : "live.sound.off");
    $("ask").hidden = sound.ready;
    pill.className = `pill ${sound.ready ? "good" : "warn"}`;
    $("delay").textContent = settings.delay_ms
      ? textOf("live.delay.set", { ms: settings.delay_ms })
      : textOf("live.delay.none");
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
  $("set-words").value = settings.words;
  $("set-words").onchange = ({ target }) => saveSetting("words", target.value);
  $("set-language").append(...languageNames().map(([code, name]) => new Option(name, code)));
  $("set-language").value = settings.language;
  $("set-language").onchange = ({ target }) => {
    saveSetting("language", target.value);
    languageChanged();
  };
  $("set-volume").value = settings.volume;
  $("set-volume").onchange = ({ target }) => {
    saveSetting("volume", Number(target.value));
    sound.tones(RISING);
  };
  $("tap-start").onclick = () => measure(sound, refresh);
  $("tap-forget").onclick = () => {
    saveSetting("delay_ms", 0);
    refresh();
  };
  return refresh;
}

async function measure(sound, refresh) {
  const pad = $("tap-pad"),
    told = $("tap-told");
  const before = settings.delay_ms;
  saveSetting("delay_ms", 0); // heard as it comes
  pad.disabled = false;
  $("tap-start").disabled = true;
  told.textContent = textOf("live.delay.tap");
  const found = await listen(sound, pad);
  pad.disabled = true;
  $("tap-start").disabled = false;
  saveSetting("delay_ms", found ?? before);
  told.textContent =
    found === null ? textOf("live.delay.failed") : textOf("live.delay.measured", { ms: found });
  refresh();
}
