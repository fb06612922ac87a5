// The inbox, read again whenever its tag has changed.
import { changed, from, rows } from '../api/client';
import type { InboxRow } from '../api/types';
import { session } from '../app/session.svelte';

const EVERY = 5000;
const MOST = 500;

const inbox = $state<{ rows: InboxRow[] | null; error: unknown; open: number }>({ rows: null, error: null, open: 0 });
let tag: string | null = null;

/** Read it now, whatever is known. */
export async function readInbox() {
	try {
		// questions first, the one that is due first on top; then what came last
		inbox.rows = await rows<InboxRow>(from('inbox').select()
			.order('confirmation', { nullsFirst: false, ascending: false }).limit(MOST));
		inbox.rows.sort((a, b) => Number(b.confirmation != null) - Number(a.confirmation != null)
			|| (a.due_at ?? '9').localeCompare(b.due_at ?? '9') || b.at.localeCompare(a.at));
		inbox.open = inbox.rows.filter((row) => row.confirmation != null).length;
		inbox.error = null;
	} catch (failure) {
		inbox.error = failure;
	}
}

async function look() {
	if (!session.me || document.hidden) return;
	try {
		const found = await changed('inbox_tag', tag);
		if (found) {
			tag = found;
			await readInbox();
		}
	} catch {
		// the network is away: the next look will tell
	}
}

/** What is in the inbox; it looks every few seconds while somebody has signed in. */
export function watchInbox() {
	$effect(() => {
		inbox.rows = null;
		inbox.open = 0;
		tag = null;
		if (!session.me) return;
		void look();
		const timer = setInterval(look, EVERY);
		document.addEventListener('visibilitychange', look);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', look);
		};
	});
	return inbox;
}

export const theInbox = inbox;
