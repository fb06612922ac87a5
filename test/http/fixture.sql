-- What the tests over HTTP ask about: the source's own example, a lifecycle with
-- everything in it, and people who may more or less.
CREATE EXTENSION smartwf;
\ir ../../docs/http/roles.sql
CREATE ROLE clerk;
CREATE ROLE editor;
CREATE ROLE reader;
CREATE ROLE stranger;
CREATE ROLE manager;
GRANT clerk, editor, reader, stranger, manager TO authenticator;
ALTER DATABASE :DBNAME SET smartwf.admin_role = 'manager';

-- the example
SELECT smartwf.define_workflow('{"name": "WDOC_BILL",
 "states": [{"name": "wfam_bill_e1", "label": "Initial", "color": "#00CE01", "initial": true}, {"name": "wfam_bill_e2", "label": "Final", "color": "#FF4249"}],
 "transitions": [{"name": "t_wfam_bill_e1_e2", "label": "Transition initial final", "arcs": [{"from": "wfam_bill_e1", "to": "wfam_bill_e2"}]}]}');
CREATE TABLE devbill (id text PRIMARY KEY, state text);
SELECT smartwf.attach('devbill', 'WDOC_BILL', structure => 'DEVBILL');
INSERT INTO devbill VALUES ('DEVBILL'), ('GONE');
DELETE FROM devbill WHERE id = 'GONE';
CREATE TABLE other (id text PRIMARY KEY, state text);
SELECT smartwf.attach('other', 'WDOC_BILL', structure => 'OTHER', docid_prefix => 'other');
GRANT SELECT, UPDATE ON devbill, other TO clerk, manager;

-- a lifecycle with everything in it
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.asked (by_whom text, what text);
GRANT ALL ON app.asked TO PUBLIC;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.asked VALUES (e.actor, e.transition);
	RETURN CASE WHEN e.element ->> 'title' = '' THEN 'Un article a un "titre".' END;
END $$;
CREATE FUNCTION app.m1(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF e.comment = 'raise' THEN RAISE EXCEPTION 'Pas le dimanche.'; END IF;
	RETURN CASE WHEN e.comment = 'refuse' THEN 'Pas prêt.' END;
END $$;
CREATE FUNCTION app.m2(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm2: ' || e.to_state $$;
CREATE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm3: ' || e.actor $$;
SELECT smartwf.define_workflow('{"name": "PRESS", "locale": "fr",
 "states": [{"name": "start", "label": "Début", "activity": "Écriture", "color": "#00CE01", "initial": true},
  {"name": "control", "label": "Écrit", "activity": "Vérification"}, {"name": "published", "label": "Publié"}, {"name": "rejected", "label": "Abandonné"}],
 "transitions": [
  {"name": "check", "label": "Vérifier", "arcs": [{"from": "start", "to": "control"}], "m0": "app.m0", "m1": "app.m1", "m2": "app.m2", "m3": "app.m3"},
  {"name": "publish", "label": "Publier", "arcs": [{"from": "control", "to": "published"}], "guard": "words <= 500", "guardMessage": "trop long", "grants": [{"role": "editor"}]},
  {"name": "reject", "label": "Abandonner", "askComment": false, "arcs": [{"from": "control", "to": "rejected"}, {"from": "published", "to": "rejected"}],
   "grants": [{"role": "editor"}, {"column": "author"}],
   "parameters": [{"name": "reason", "label": "Raison", "type": "enum", "needed": true, "options": {"values": {"style": "Style", "facts": "Faits"}}},
    {"name": "n", "type": "int"}, {"name": "x", "type": "double", "multiple": true}, {"name": "m", "type": "money"}, {"name": "d", "type": "date"}, {"name": "t", "type": "time"},
    {"name": "ts", "type": "timestamp"}, {"name": "b", "type": "boolean"}, {"name": "j", "type": "json"}, {"name": "w"}, {"name": "note", "visibility": "read"}]}],
 "translations": {"en": {"states": {"start": "Draft", "control": "Written"}, "activities": {"start": "Writing"}, "transitions": {"check": "Check"}, "parameters": {"reason": "Reason"}}}}');
CREATE TABLE press (id text PRIMARY KEY, title text NOT NULL, words int, author text, state text, CHECK (state <> 'published' OR title <> 'unfit'));
SELECT smartwf.attach('press', 'PRESS');
GRANT SELECT ON press TO reader;
GRANT SELECT, UPDATE ON press TO editor, clerk, manager;
ALTER TABLE press ENABLE ROW LEVEL SECURITY;
CREATE POLICY published ON press FOR SELECT USING (id <> 'secret' OR pg_has_role(current_user, 'manager', 'MEMBER'));
CREATE POLICY change ON press FOR UPDATE USING (true);
INSERT INTO press SELECT d, 'title', 100, 'anna' FROM unnest(ARRAY['article', 'long', 'untitled', 'unfit', 'secret', 'gone', 'a/b é"%', 'parameters', 'by state', 'conditional', 'locked', 'corners', 'family', 'page', 'foreign']) d;
UPDATE press SET title = '' WHERE id = 'untitled';
UPDATE press SET words = 5000 WHERE id = 'long';
UPDATE press SET title = 'unfit' WHERE id = 'unfit';
UPDATE press SET state = 'control' WHERE id IN ('long', 'unfit', 'parameters');
DELETE FROM press WHERE id = 'gone';
CREATE TABLE loose (id text PRIMARY KEY, state text);
SELECT smartwf.attach('loose', 'WDOC_BILL');
INSERT INTO loose VALUES ('loose');
SELECT smartwf.detach('loose');
TRUNCATE app.asked;

-- a table that was never attached, and a transition from a state to itself
CREATE TABLE unattached (id text PRIMARY KEY);
INSERT INTO unattached VALUES ('never');
SELECT smartwf.define_workflow('{"name": "CIRCLE", "states": [{"name": "round", "initial": true}], "transitions": [{"name": "again", "arcs": [{"from": "round", "to": "round"}]}]}');
CREATE TABLE ring (id text PRIMARY KEY, state text);
SELECT smartwf.attach('ring', 'CIRCLE');
INSERT INTO ring VALUES ('circle');
GRANT SELECT, UPDATE ON ring, unattached TO clerk;

-- tables that are exposed themselves, and embedded: keys of several types
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO clerk, reader;
CREATE TABLE shop.orders (number int PRIMARY KEY, customer text, state text);
CREATE TABLE shop.returns (code varchar(20) PRIMARY KEY, state text);
SELECT smartwf.attach('shop.orders', 'WDOC_BILL', docid_prefix => 'o-');
SELECT smartwf.attach('shop.returns', 'WDOC_BILL', docid_prefix => 'r-');
INSERT INTO shop.orders SELECT g, 'c' || g FROM generate_series(1, 50) g;
INSERT INTO shop.returns VALUES ('o-1'), ('x y');
GRANT SELECT, UPDATE ON shop.orders, shop.returns TO clerk;
SELECT smartwf.create_relationships('orders');
SELECT smartwf.create_relationships('returns');
