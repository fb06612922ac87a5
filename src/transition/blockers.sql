-- Reasons why a transition cannot be passed; locks on documents.

CREATE FUNCTION smartwf.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text,
	OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_blockers';
COMMENT ON FUNCTION smartwf.blockers(text, text, text) IS
'Returns every reason why the caller cannot pass a transition at present. docid (text): the document; transition '
'(text): the transition; structure (text): if given, the structure to which the document must belong. Returns one row '
'for each reason, with code and message (text), and no rows if the transition can be passed. Nothing is changed: what '
'guards and hooks do is rolled back. The hook m1 is only called if no parameter is mandatory. Raises WF400 if the '
'call is malformed.';

CREATE FUNCTION smartwf.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lock_element';
COMMENT ON FUNCTION smartwf.lock_element(text, boolean) IS
'Locks a document for the current actor: until it is unlocked, nobody else can pass a transition of it or delete it. '
'docid (text): the document; temporary (boolean): if true, the next transition releases the lock. Raises WF300 if '
'someone else has locked the document, or the caller can neither update its state nor pass one of its transitions; '
'and WF200, WF201, WF219 or WF227 if there is no such document.';

CREATE FUNCTION smartwf.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_unlock_element';
COMMENT ON FUNCTION smartwf.unlock_element(text, boolean) IS
'Unlocks a document. docid (text): the document; force (boolean): if true, an administrator can release the lock of '
'someone else. Returns true if the document was locked. Raises WF300 if someone else has locked the document, and the '
'other errors of smartwf.lock_element().';
