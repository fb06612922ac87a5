-- What people are told: an outbox, filled in the transaction that tells.

CREATE TABLE smartwf.contacts (
	name text NOT NULL,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	address text NOT NULL,
	PRIMARY KEY (name, channel)
);
COMMENT ON TABLE smartwf.contacts IS
'Addresses of people and roles by channel: smtp an e-mail address, signalr where a live push goes. mail, the inbox '
'in the database, needs none.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.contacts', '');

CREATE TABLE smartwf.notifications (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run bigint,
	step text,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	recipient text NOT NULL,
	address text,
	subject text NOT NULL DEFAULT '',
	body text NOT NULL,
	render_type text NOT NULL DEFAULT 'text' CHECK (render_type IN ('text', 'html')),
	status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'delivered', 'failed')),
	key uuid NOT NULL DEFAULT gen_random_uuid(),
	due_at timestamptz,
	attempt int NOT NULL DEFAULT 0,
	error text,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	delivered_at timestamptz,
	recipient_is_person boolean NOT NULL DEFAULT false,
	read_at timestamptz
);
CREATE INDEX notifications_recipient ON smartwf.notifications (recipient, id);
CREATE INDEX notifications_created_at ON smartwf.notifications USING brin (created_at) WITH (pages_per_range = 16);
CREATE INDEX notifications_due ON smartwf.notifications (channel, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.notifications IS
'Notifications, a row a recipient. One by mail lies in the inbox at once (delivered); smtp and signalr wait for '
'delivery (queued), which is tried from due_at on; how often it has failed (attempt), and why (error). key is the '
'same in every attempt. The recipient is a role, or a person known by a token (recipient_is_person), who has read it '
'(read_at) or not. Readable by its recipient and by administrators.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications_id_seq', '');

CREATE FUNCTION smartwf.names_caller(names text[], people text[] DEFAULT '{}') RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_names_caller';
COMMENT ON FUNCTION smartwf.names_caller(text[], text[]) IS
'True if one of the names (text[]) means the caller: that of a role whose privileges he has or, where it is among people '
'(text[]) as well, that of the person that his token names; or if he is an administrator. Raises nothing.';

CREATE FUNCTION smartwf.person() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_person';
COMMENT ON FUNCTION smartwf.person() IS
'By whom the caller is told from others where one must not count as two (text): the person that his token names, else '
'the role that has logged in, whatever SET ROLE says; the current role where that login is a superuser''s. Raises '
'nothing.';

CREATE FUNCTION smartwf.deliver_again(error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_deliver_again';
COMMENT ON FUNCTION smartwf.deliver_again(text) IS
'For administrators: queues every notification again whose delivery has failed for good with an error like a pattern '
'(error_like, text, as in LIKE; default: any). Returns how many (bigint). Raises 42501 for whom is no administrator.';

ALTER TABLE smartwf.notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY recipient ON smartwf.notifications FOR SELECT
	USING (smartwf.names_caller(ARRAY[recipient], CASE WHEN recipient_is_person THEN ARRAY[recipient] ELSE '{}' END));
GRANT SELECT ON smartwf.notifications TO PUBLIC;
