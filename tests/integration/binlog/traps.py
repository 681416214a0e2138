"""What is known to lose, repeat or corrupt changes, and the tests that show it does not happen.

Each trap names tests as "file::function", files by their path below tests/. The table in
docs/guarantees.md is made of this list.
"""

from __future__ import annotations

_T = "integration/binlog/test_transactions.py::"
_C = "integration/binlog/test_connections.py::"
_V = "integration/binlog/test_values.py::"
_M = "integration/binlog/test_metadata.py::"
_Z = "integration/binlog/test_compression.py::"
_X = "integration/binlog/test_xa.py::"
_S = "integration/binlog/test_visibility.py::"
_P = "integration/preflight/test_refusals.py::"
_I = "unit/binlog/test_interpreter.py::"
_D = "unit/binlog/test_layout_and_decoder.py::"
_U = "unit/binlog/test_packets.py::"

TRAPS: dict[str, tuple[str, ...]] = {
    "A start inside a transaction loses its first rows": (
        _C + "test_a_start_inside_a_transaction_is_refused",
        _I + "test_a_beginning_inside_a_transaction_is_refused",
    ),
    "A position must lie behind a whole transaction, and the stream go on exactly there": (
        _T + "test_a_stream_from_any_reported_position_continues_exactly_there",
        _I + "test_the_position_of_unwatched_ones_never_comes_between_rows_of_a_transaction",
    ),
    "The library reconnects silently, and repeats everything under GTID": (
        _C + "test_a_cut_connection_is_an_error_and_never_a_silent_reconnect",
    ),
    "A connection is cut in the middle of an event": (
        _C + "test_a_cut_in_the_middle_of_an_event_loses_and_repeats_nothing_committed",
        _U + "test_packets_come_whole_however_the_bytes_are_cut",
    ),
    "Table ids begin anew after a restart or kill -9: rows under a wrong table's name": (
        _C + "test_table_ids_of_before_a_restart_do_not_name_rows_of_after_it",
        _I + "test_a_file_header_alone_forgets_the_table_ids",
        _I + "test_a_new_file_is_told_and_forgets_the_table_ids",
    ),
    "What a crash left open at a file's end is no transaction": (
        _I + "test_what_a_crash_left_open_at_the_end_of_a_file_is_no_transaction",
    ),
    "A dead link or frozen server blocks the reader for ever": (
        _C + "test_a_stream_is_lost_when_its_server_freezes",
    ),
    "A quiet or filtered log starves the caller, which then cannot be stopped": (
        _C + "test_a_quiet_stream_returns_at_each_heartbeat",
        _C + "test_a_busy_log_without_watched_rows_does_not_starve_the_caller",
    ),
    "Heartbeats while the server still passes over what we have": (
        _I + "test_a_heartbeat_from_before_the_end_of_the_log_is_not_passed_on",
    ),
    "The position stays behind while only unwatched tables change, until it is purged": (
        _T + "test_positions_move_over_unwatched_transactions",
    ),
    "The position was purged": (
        _C + "test_a_purged_position_is_told_before_and_while_streaming",
        _P + "test_a_purged_stored_position_is_refused",
    ),
    "The same file name on another server means other bytes": (
        _C + "test_a_position_of_another_server_is_refused",
        _C + "test_a_position_of_the_other_kind_of_server_is_refused",
    ),
    "A server lost its tail, or was reset": (
        _C + "test_a_position_the_server_never_reached_is_refused",
    ),
    "Two readers with one server id throw each other out": (
        _C + "test_two_readers_with_one_server_id_are_told_so",
        _P + "test_our_id_must_not_be_the_servers",
        _P + "test_a_replica_without_its_own_log_of_changes_and_a_replica_with_our_id_are_refused",
    ),
    "Error 1236 means many things": (_U + "test_error_1236_is_told_apart_by_its_text",),
    "Many small files, each change of file in the middle of work": (
        _C + "test_tiny_files_lose_and_repeat_nothing",
    ),
    "Offsets of events have 32 bits": (
        _I + "test_positions_behind_4_gib_go_on_although_events_have_32_bits",
        _I + "test_by_file_a_position_behind_4_gib_waits_for_the_next_file",
    ),
    "Checksums differ between files and from the server's setting now": (
        _C + "test_files_with_and_without_checksums_are_read",
    ),
    "MariaDB's empty GTID position would mean all of the log": (
        _C + "test_a_fresh_mariadb_begins_by_file_and_goes_on_by_gtid",
    ),
    "MySQL without GTIDs": (
        _C + "test_a_fresh_mysql_without_gtids_streams_by_file",
        _S + "test_mysql_without_gtids_waits_for_the_end_of_the_log_and_the_delay",
        _P + "test_mysql_without_gtids_is_a_warning_or_an_error_as_positions_are_wanted",
    ),
    "Tagged GTIDs of MySQL 8.3 and later": (_M + "test_tagged_gtids_of_mysql_are_counted",),
    "Several GTID domains of MariaDB": (_I + "test_domains_are_counted_separately",),
    "A row is sent before it is visible": (
        _S + "test_no_read_is_older_than_the_change_that_named_it",
        _S + "test_a_read_waits_until_the_position_is_visible",
    ),
    "A lost connection comes back outside the read view": (
        _S + "test_a_lost_connection_breaks_the_read_for_good",
    ),
    "A gap between a full read and the stream": (
        _S + "test_a_stream_from_the_position_of_a_read_brings_exactly_what_the_read_lacks",
    ),
    "Rolled-back rows and savepoints": (
        _T + "test_rolled_back_rows_never_come",
        _I + "test_savepoints_do_not_end_a_transaction",
        _I + "test_a_rollback_statement_ends_a_transaction_as_a_commit_does",
    ),
    "A rollback that a MyISAM table survives": (
        _T + "test_rollback_with_a_myisam_table_keeps_what_the_table_kept",
    ),
    "XA: rows are in the log long before they are committed": (
        _X + "test_rows_come_when_the_transaction_is_committed",
        _X + "test_a_rolled_back_transaction_leaves_no_rows",
        _X + "test_a_restart_between_prepare_and_commit_loses_nothing",
        _X + "test_a_commit_of_rows_from_before_the_start_is_reported",
        _X + "test_one_phase_commit_is_an_ordinary_transaction",
    ),
    "REPLACE is an update, or delete and insert, or an update of another key": (
        _T + "test_replace_is_told_as_the_server_logs_it",
    ),
    "An update that changes the key": (_T + "test_an_update_that_changes_the_key_shows_both_keys",),
    "An upsert without a change sends nothing": (
        _T + "test_an_upsert_that_changes_nothing_sends_nothing",
    ),
    "Several table maps before rows of any of them (triggers, multi-table statements)": (
        _T + "test_rows_of_triggers_are_told_apart_by_table_id",
        _T + "test_a_multi_table_delete_names_each_row_under_its_table",
    ),
    "Cascades are in the log of some servers and missing in that of others": (
        _T + "test_a_cascade_is_told_by_its_parent_whatever_becomes_of_the_children",
    ),
    "One statement in many events; rows beyond 16 MiB": (
        _T + "test_a_big_statement_comes_complete_in_many_events",
        _T + "test_a_row_beyond_16_mib_comes_whole",
        _U + "test_large_packets_are_put_together",
    ),
    "TRUNCATE, RENAME and DROP change rows without row events": (
        _T + "test_truncate_rename_and_ddl_are_told_with_the_tables_they_touch",
        _T + "test_a_dropped_schema_touches_every_watched_table",
    ),
    "DDL between rows changes what columns are": (
        _T + "test_rows_around_an_alter_are_each_read_with_their_own_columns",
        _M + "test_a_layout_from_the_catalog_is_forgotten_when_the_table_changes",
    ),
    "CREATE … SELECT": (_T + "test_create_select_brings_its_rows",),
    "Changes logged as statements": (
        _T + "test_statement_dml_on_a_watched_table_is_reported",
        _T + "test_each_form_of_statement_dml_names_the_table",
        _T + "test_statement_dml_on_other_tables_is_no_alarm",
        _P + "test_each_bad_setting_is_found",
    ),
    "Two-phase ALTER of MariaDB ends the library's stream": (
        _M + "test_a_two_phase_alter_does_not_end_the_stream",
        _I + "test_status_variables_are_jumped_over_unread",
    ),
    "Tables of the same name in other schemas; table prefixes": (
        _T + "test_tables_of_other_schemas_and_prefixes_are_told_apart",
    ),
    "Compressed binlogs lose all rows silently in the library": (
        _Z + "test_compressed_events_of_mariadb_are_read",
        _Z + "test_compressed_transactions_of_mysql_are_read",
        _Z + "test_a_large_compressed_transaction_with_mixed_tables_is_read",
        _Z + "test_a_mysql_server_that_compresses_everything_is_followed_over_ddl_and_xa",
    ),
    "Events without column names, signs and character sets": (
        _M + "test_rows_without_metadata_are_read_with_the_catalog",
        _M + "test_minimal_metadata_of_mariadb_is_completed",
        _M + "test_rows_without_metadata_of_a_table_that_differs_now_are_not_guessed",
        _P + "test_metadata_that_the_catalog_cannot_replace_is_an_error",
    ),
    "Partial row images": (
        _M + "test_partial_row_images_give_what_they_hold_and_report_what_they_lack",
        _D + "test_an_absent_column_of_an_after_image_is_unchanged",
        _D + "test_a_needed_column_that_no_image_holds_is_refused",
    ),
    "JSON differences instead of rows": (
        _M + "test_json_differences_are_reported_for_watched_tables_only",
    ),
    "One event that cannot be decoded ends the stream at every restart": (
        _M + "test_a_value_that_cannot_be_decoded_poisons_its_table_for_one_transaction",
        _M + "test_a_table_map_of_an_unknown_type_does_not_touch_other_tables",
        _I + "test_one_unreadable_event_is_told_once_a_table_and_the_stream_goes_on",
        _I + "test_the_other_rows_of_a_poisoned_table_are_skipped_in_its_transaction",
        "property/binlog/test_torn_events.py::test_random_events_never_end_the_stream",
    ),
    "A row read with a wrong layout gives wrong values": (
        _D + "test_a_row_that_does_not_end_at_its_events_end_is_refused",
        _I + "test_rows_of_another_shape_than_their_map_are_never_values",
    ),
    "Events are missing (incident)": (_I + "test_an_incident_means_that_anything_may_be_missing",),
    "Unsigned integers read as negative": (_V + "test_integers_keep_their_sign_and_range",),
    "Decimals through binary floats": (
        _V + "test_decimals_are_exact_text_with_their_scale",
        "property/binlog/test_server_values.py::test_the_stream_gives_what_select_gives",
    ),
    "Zero dates": (_V + "test_zero_dates_are_none",),
    "Negative times with fractions; time zones": (
        _V + "test_dates_and_times_are_text_with_their_precision",
    ),
    "Old temporal formats": (_P + "test_old_temporal_columns_with_fractions_are_refused",),
    "FLOAT shown with noise digits": (_V + "test_floats_show_what_a_person_wrote",),
    "Character sets: latin1 is cp1252 with holes, utf16 in the wrong byte order": (
        _V + "test_text_is_read_with_the_charset_of_its_column",
        _V + "test_latin1_knows_the_five_codes_that_cp1252_leaves_open",
    ),
    "Stripped zero bytes of BINARY, empty blobs": (
        _V + "test_binary_values_are_bytes_of_their_declared_length",
    ),
    "ENUM and SET without labels": (_V + "test_enums_and_sets_give_labels",),
    "Types nobody can read in columns nobody needs": (
        _V + "test_unneeded_columns_of_every_type_are_jumped_over",
        _V + "test_types_of_mariadb_alone_are_read_or_jumped_over",
        _V + "test_vector_columns_of_mysql_9_are_jumped_over",
        _V + "test_a_needed_json_column_of_mysql_is_refused_and_an_unneeded_one_is_not",
    ),
    "System-versioned tables log deletes as updates": (
        _P + "test_system_versioned_tables_are_refused",
    ),
    "The binlog is off, or leaves the shop's schema out": (
        _P + "test_a_server_without_binlog_is_refused",
        _P + "test_a_binlog_without_the_shops_schema_is_refused",
    ),
    "Missing grants": (
        _C + "test_a_missing_grant_is_told",
        _P + "test_each_missing_grant_is_named_with_the_statement_that_grants_it",
        _C + "test_least_privileges_are_enough",
    ),
    "Watched tables that InnoDB does not hold": (
        _P + "test_watched_tables_of_another_engine_and_without_key_are_found",
    ),
}


def markdown() -> str:
    """The list as a table for the documentation."""
    lines = ["| trap | tests |", "|---|---|"]
    for trap, tests in TRAPS.items():
        listed = "<br>".join(f"`{test.split('/')[-1]}`" for test in tests)
        lines.append(f"| {trap} | {listed} |")
    return "\n".join(lines) + "\n"
