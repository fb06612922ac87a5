-- Tables whose rows hold for a time: keys WITHOUT OVERLAPS, from PostgreSQL 18 on.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int < 180000 AS is_older \gset
\if :is_older
\quit
\endif
CREATE EXTENSION IF NOT EXISTS smartwf;
SELECT smartwf.define_workflow('{"name": "PRICE",
  "states": [{"name": "draft", "label": "Draft", "initial": true}, {"name": "valid", "label": "Valid"}],
  "transitions": [{"name": "approve", "arcs": [{"from": "draft", "to": "valid"}]}]}');
-- (a range as product needs no operator class of another extension)
CREATE TABLE price (product int4range, during daterange, state text, amount numeric,
	PRIMARY KEY (product, during WITHOUT OVERLAPS));
-- a product has several rows: it cannot be the document
SELECT smartwf.attach('price', 'PRICE');
SELECT smartwf.attach('price', 'PRICE', docid_column => 'product');
CREATE TABLE rate (id int4range, product int4range, during daterange, state text,
	UNIQUE (id, during WITHOUT OVERLAPS), PRIMARY KEY (product, during WITHOUT OVERLAPS));
SELECT smartwf.attach('rate', 'PRICE', docid_column => 'id');
-- a row can: it has an id of its own
ALTER TABLE rate ADD UNIQUE (id);
SELECT smartwf.attach('rate', 'PRICE', docid_column => 'id');
INSERT INTO rate VALUES ('[1,1]', '[7,7]', '[2026-01-01,2027-01-01)', 'draft');
INSERT INTO rate VALUES ('[2,2]', '[7,7]', '[2027-01-01,2028-01-01)', 'draft');
INSERT INTO rate VALUES ('[3,3]', '[7,7]', '[2027-06-01,2029-01-01)', 'draft');
UPDATE rate SET state = 'valid' WHERE id = '[1,1]';
SELECT docid, to_state FROM smartwf.history ORDER BY docid, revision;
-- what a part of its time leaves over is a row with the id of another
INSERT INTO rate SELECT id, product, '[2025-01-01,2026-01-01)', state FROM rate WHERE id = '[2,2]';
DROP EXTENSION smartwf CASCADE;
DROP TABLE price, rate;
