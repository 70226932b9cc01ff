package statement

// behaviour is what we know of a built-in function.
type behaviour int

const (
	unknown   behaviour = iota
	immutable           // the same arguments give the same result
	stable              // the same within one statement
	pure                // volatile, but changes nothing: clock_timestamp, random
)

// functionBehaviour knows the common built-in functions. A user may shadow one in another schema on the search path; that
// needs a function with the same arguments and a search path that puts pg_catalog last.
func functionBehaviour(name string) behaviour {
	switch name {
	case "abs", "array_agg", "array_append", "array_cat", "array_length", "array_prepend", "array_remove",
		"array_to_string", "ascii", "avg", "bit_and", "bit_length", "bit_or", "bool_and", "bool_or", "btrim",
		"cardinality", "ceil", "ceiling", "char_length", "chr", "coalesce", "count", "cume_dist", "daterange",
		"decode", "dense_rank", "div", "encode", "every", "exp", "first_value", "floor", "generate_series",
		"greatest", "hashtext", "initcap", "int4range", "int8range", "isfinite", "json_agg", "json_array_length",
		"json_typeof", "jsonb_agg", "jsonb_array_length", "jsonb_each", "jsonb_extract_path",
		"jsonb_extract_path_text", "jsonb_object_agg", "jsonb_object_keys", "jsonb_set", "jsonb_strip_nulls",
		"jsonb_typeof", "justify_days", "justify_hours", "lag", "last_value", "lead", "least", "left", "length", "ln",
		"log", "lower", "lpad", "ltrim", "make_date", "make_interval", "make_time", "make_timestamp", "max", "md5",
		"min", "mod", "nth_value", "ntile", "nullif", "num_nonnulls", "num_nulls", "numrange", "octet_length",
		"overlay", "percent_rank", "position", "power", "quote_ident", "quote_literal", "rank", "regexp_match",
		"regexp_matches", "regexp_replace", "regexp_split_to_array", "repeat", "replace", "reverse", "right", "round",
		"row_number", "rpad", "rtrim", "sha224", "sha256", "sha384", "sha512", "sign", "split_part", "sqrt",
		"starts_with", "string_agg", "string_to_array", "strpos", "substr", "substring", "sum", "to_number",
		"translate", "trim", "trunc", "tsrange", "unnest", "upper":
		return immutable
	case "age", "array_to_json", "col_description", "concat", "concat_ws", "current_database", "current_schema",
		"current_schemas", "current_setting", "current_user", "date_part", "date_trunc", "extract", "format",
		"has_column_privilege", "has_schema_privilege", "has_table_privilege", "inet_server_addr", "json_build_array",
		"json_build_object", "jsonb_build_array", "jsonb_build_object", "make_timestamptz", "now", "obj_description",
		"pg_get_constraintdef", "pg_get_indexdef", "pg_get_viewdef", "pg_relation_size", "pg_size_pretty",
		"pg_table_is_visible", "pg_table_size", "pg_total_relation_size", "pg_typeof", "plainto_tsquery",
		"row_to_json", "session_user", "statement_timestamp", "timezone", "to_char", "to_date", "to_json", "to_jsonb",
		"to_regclass", "to_regproc", "to_regtype", "to_timestamp", "to_tsquery", "to_tsvector",
		"transaction_timestamp", "tstzrange", "txid_current_if_assigned", "version":
		return stable
	case "clock_timestamp", "gen_random_bytes", "gen_random_uuid", "pg_backend_pid", "random", "timeofday",
		"uuid_generate_v1", "uuid_generate_v4", "uuidv4", "uuidv7":
		return pure
	}
	return unknown
}
