# A prepared transaction keeps its judged changes over a restart.
createdb prepared
sql prepared -f test/recovery/setup.sql
sql prepared -c "BEGIN; UPDATE app.doc SET state = 'c' WHERE id = 1; PREPARE TRANSACTION 'turned'"
server restart
sql prepared -c "COMMIT PREPARED 'turned'"
[ -z "$(sql prepared -At -f test/recovery/consistent.sql)" ]
[ "$(sql prepared -At -c "SELECT revision || state FROM app.doc JOIN smartwf.history ON docid = id::text WHERE id = 1 ORDER BY revision DESC LIMIT 1")" = 2c ]
