// What a screen reader is told, and what is shown for a moment at the foot of the screen.
export const announcer = $state({ text: '', shown: false, isError: false });

let timer: ReturnType<typeof setTimeout> | undefined;

/** Tell only those who listen. */
export function announce(text: string) {
	announcer.text = announcer.text === text ? `${text}\u00a0` : text;
}

/** Tell and show. */
export function tell(text: string, isError = false) {
	announce(text);
	announcer.shown = true;
	announcer.isError = isError;
	clearTimeout(timer);
	timer = setTimeout(() => (announcer.shown = false), isError ? 10000 : 4000);
}
