-- What keeps a document from a transition; locks of users.

CREATE FUNCTION smartwf.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_blockers';
COMMENT ON FUNCTION smartwf.blockers(text, text, text) IS
'Every reason why the caller cannot pass a transition (text) of a document (docid, text) now, a row each: code and '
'message (text); no row if he can. Changes nothing: what guards and hooks do is undone. m1 is asked only where no '
'parameter is needed. Raises WF400 for a malformed call.';

CREATE FUNCTION smartwf.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lock_element';
COMMENT ON FUNCTION smartwf.lock_element(text, boolean) IS
'Locks a document (docid, text) for the actor: nobody else passes a transition or deletes it until it is unlocked; a '
'temporary lock (boolean) ends with the next transition. Raises WF300 if another holds it or the caller may not '
'change it, and what pass_transition() raises for a document that is not to be found.';

CREATE FUNCTION smartwf.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_unlock_element';
COMMENT ON FUNCTION smartwf.unlock_element(text, boolean) IS
'Unlocks a document (docid, text); force (boolean) releases the lock of another, for administrators. Returns whether '
'there was a lock (boolean). Raises WF300 for the lock of another, and what lock_element() raises.';
