// The inbox, read again whenever its tag has changed.
import { changed, from, rows } from '../api/client';
import type { InboxRow } from '../api/types';
import { session } from '../base/session.svelte';

const EVERY = 5000;
const MOST = 500;

export const inbox = $state<{ rows: InboxRow[] | null; error: unknown; open: number; isAll: boolean }>({
	rows: null,
	error: null,
	open: 0,
	isAll: true,
});
let tag: string | null = null;

/** Read it now, whatever is known: questions first, the one that is due first on top; then what came last. */
export async function readInbox() {
	const reader = session.me;
	const found = await rows<InboxRow>(
		from('inbox')
			.select()
			.order('due_at', { nullsFirst: false })
			.order('confirmation', { nullsFirst: false })
			.order('at', { ascending: false })
			.limit(MOST + 1),
	);
	if (reader !== session.me) return;
	inbox.isAll = found.length <= MOST;
	inbox.rows = found.slice(0, MOST);
	inbox.open = inbox.rows.filter((row) => row.confirmation != null).length;
}

/** Is there news? */
export async function look() {
	const reader = session.me;
	if (!reader || document.hidden) return;
	try {
		const found = await changed('inbox_tag', tag);
		if (found) await readInbox();
		if (reader !== session.me) return;
		// only what was read is known
		tag = found ?? tag;
		inbox.error = null;
	} catch (failure) {
		if (reader === session.me) inbox.error = failure;
	}
}

/** Look every few seconds while somebody has signed in. */
export function watchInbox() {
	$effect(() => {
		Object.assign(inbox, { rows: null, open: 0, error: null });
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
