-- Rows that disagree with their elements or their history; there must be none.
SELECT 'no element: ' || id FROM app.doc WHERE NOT EXISTS (SELECT FROM smartwf.elements WHERE docid = id::text AND deleted_at IS NULL)
UNION ALL
SELECT 'no row: ' || docid FROM smartwf.elements WHERE deleted_at IS NULL AND NOT EXISTS (SELECT FROM app.doc WHERE id::text = docid)
UNION ALL
SELECT 'state is not the last of history: ' || id FROM app.doc
WHERE state IS DISTINCT FROM (SELECT to_state FROM smartwf.history WHERE docid = id::text ORDER BY revision DESC LIMIT 1)
UNION ALL
SELECT 'history has a gap: ' || docid || ' ' || revision FROM (
	SELECT *, lag(revision) OVER w AS before, lag(to_state) OVER w AS left_in FROM smartwf.history WINDOW w AS (PARTITION BY docid ORDER BY revision)) h
WHERE revision <> coalesce(before + 1, 0) OR from_state IS DISTINCT FROM left_in
UNION ALL
SELECT 'timer and state disagree: ' || id FROM app.doc WHERE (state = 'b') <> EXISTS (SELECT FROM smartwf.element_timers t WHERE t.docid = id::text);
