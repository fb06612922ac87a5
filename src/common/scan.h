/*
 * scan.h
 *		Rows by an index, without a statement.
 */
#ifndef SMARTWF_SCAN_H
#define SMARTWF_SCAN_H

#include "postgres.h"

#include "access/sdir.h"
#include "access/skey.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

extern List *rows_by_index(Relation relation, Oid index_id, ScanKey key, Snapshot snapshot,
						   ScanDirection direction, int most);

#endif
