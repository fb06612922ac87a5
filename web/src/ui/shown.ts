// What an input shows: what is stored, drawn again after each answer, also after one that has refused what
// was entered; but what somebody is typing stays.
import type { Attachment } from 'svelte/attachments';

type TextInput = HTMLInputElement | HTMLTextAreaElement;

/** ANSWERS is read so that the attachment runs again. */
export function shown(text: string, answers?: number): Attachment<TextInput> {
	return (input) => {
		void answers;
		if (document.activeElement !== input) input.value = text;
	};
}

export function chosen(value: string, answers?: number): Attachment<HTMLSelectElement> {
	return (select) => {
		void answers;
		select.value = value;
	};
}

export function ticked(is: boolean, answers?: number): Attachment<HTMLInputElement> {
	return (input) => {
		void answers;
		input.checked = is;
	};
}
