package statement

// Kind says what a statement does, in the words a migration's author would use.
type Kind string

// The kinds. Unparsable and Opaque mean that nothing is known about the statement.
const (
	Unparsable Kind = "unparsable"
	Opaque     Kind = "opaque"

	AlterTable    Kind = "alter_table" // also RENAME COLUMN and RENAME CONSTRAINT, as commands
	RenameTable   Kind = "rename_table"
	MoveTable     Kind = "move_table" // SET SCHEMA
	CreateTable   Kind = "create_table"
	CreateTableAs Kind = "create_table_as" // and SELECT INTO
	DropTable     Kind = "drop_table"
	Truncate      Kind = "truncate"

	CreateIndex Kind = "create_index"
	DropIndex   Kind = "drop_index"
	RenameIndex Kind = "rename_index"
	AlterIndex  Kind = "alter_index"
	Reindex     Kind = "reindex"

	CreateEnum      Kind = "create_enum"
	AddEnumValue    Kind = "add_enum_value"
	RenameEnumValue Kind = "rename_enum_value"
	CreateType      Kind = "create_type" // composite, range
	AlterType       Kind = "alter_type"  // composite attributes, as commands
	RenameType      Kind = "rename_type" // also a domain
	DropType        Kind = "drop_type"   // also a domain
	CreateDomain    Kind = "create_domain"
	AlterDomain     Kind = "alter_domain"

	CreateView       Kind = "create_view"
	AlterView        Kind = "alter_view"
	RenameView       Kind = "rename_view"
	DropView         Kind = "drop_view"
	CreateMatView    Kind = "create_materialized_view"
	AlterMatView     Kind = "alter_materialized_view"
	RenameMatView    Kind = "rename_materialized_view"
	DropMatView      Kind = "drop_materialized_view"
	RefreshMatView   Kind = "refresh_materialized_view"
	CreateFunction   Kind = "create_function" // also a procedure
	AlterFunction    Kind = "alter_function"  // also RENAME and SET SCHEMA
	DropFunction     Kind = "drop_function"
	CreateTrigger    Kind = "create_trigger"
	RenameTrigger    Kind = "rename_trigger"
	DropTrigger      Kind = "drop_trigger"
	CreateRule       Kind = "create_rule"
	DropRule         Kind = "drop_rule"
	EventTrigger     Kind = "event_trigger"
	CreateSequence   Kind = "create_sequence"
	AlterSequence    Kind = "alter_sequence"
	RenameSequence   Kind = "rename_sequence"
	DropSequence     Kind = "drop_sequence"
	CreateSchema     Kind = "create_schema"
	RenameSchema     Kind = "rename_schema"
	DropSchema       Kind = "drop_schema"
	CreateExtension  Kind = "create_extension"
	AlterExtension   Kind = "alter_extension"
	DropExtension    Kind = "drop_extension"
	CreateStatistics Kind = "create_statistics"
	DropStatistics   Kind = "drop_statistics"
	Publication      Kind = "publication" // CREATE, ALTER and DROP
	Subscription     Kind = "subscription"
	CreateDatabase   Kind = "create_database"
	DropDatabase     Kind = "drop_database"
	Tablespace       Kind = "tablespace"
	AlterOwner       Kind = "alter_owner"
	CommentOn        Kind = "comment"

	CreatePolicy      Kind = "create_policy"
	AlterPolicy       Kind = "alter_policy"
	DropPolicy        Kind = "drop_policy"
	Grant             Kind = "grant"
	Revoke            Kind = "revoke"
	DefaultPrivileges Kind = "alter_default_privileges"
	Role              Kind = "role" // CREATE, ALTER and DROP ROLE, and settings of a role or database

	Insert  Kind = "insert"
	Update  Kind = "update"
	Delete  Kind = "delete"
	Merge   Kind = "merge"
	CopyIn  Kind = "copy_from"
	CopyOut Kind = "copy_to"
	Select  Kind = "select"
	Call    Kind = "call"
	Do      Kind = "do"
	Explain Kind = "explain"

	Set         Kind = "set" // SET, RESET, DISCARD
	Begin       Kind = "begin"
	Commit      Kind = "commit"
	Rollback    Kind = "rollback"
	Savepoint   Kind = "savepoint" // SAVEPOINT, RELEASE, ROLLBACK TO
	TwoPhase    Kind = "two_phase" // PREPARE TRANSACTION and its ends
	Lock        Kind = "lock"
	Vacuum      Kind = "vacuum"
	Analyze     Kind = "analyze"
	Cluster     Kind = "cluster"
	AlterSystem Kind = "alter_system"
	Checkpoint  Kind = "checkpoint"
	Notify      Kind = "notify"
)

// CommandKind says what one part of an ALTER TABLE (or INDEX, VIEW, TYPE) does.
type CommandKind string

// The commands. OtherCommand is one that we do not model; it is as unknown as Opaque.
const (
	OtherCommand       CommandKind = "other"
	AddColumn          CommandKind = "add_column"
	DropColumn         CommandKind = "drop_column"
	RenameColumn       CommandKind = "rename_column"
	AlterColumnType    CommandKind = "alter_column_type"
	SetNotNull         CommandKind = "set_not_null"
	DropNotNull        CommandKind = "drop_not_null"
	SetDefault         CommandKind = "set_default"
	DropDefault        CommandKind = "drop_default"
	SetExpression      CommandKind = "set_expression"
	DropExpression     CommandKind = "drop_expression"
	AddIdentity        CommandKind = "add_identity"
	SetIdentity        CommandKind = "set_identity"
	DropIdentity       CommandKind = "drop_identity"
	SetStatistics      CommandKind = "set_statistics"
	SetColumnOptions   CommandKind = "set_column_options"
	SetStorage         CommandKind = "set_storage"
	SetCompression     CommandKind = "set_compression"
	AddConstraint      CommandKind = "add_constraint"
	AlterConstraint    CommandKind = "alter_constraint"
	ValidateConstraint CommandKind = "validate_constraint"
	DropConstraint     CommandKind = "drop_constraint"
	RenameConstraint   CommandKind = "rename_constraint"
	ChangeOwner        CommandKind = "change_owner"
	ClusterOn          CommandKind = "cluster_on" // and SET WITHOUT CLUSTER
	SetLogged          CommandKind = "set_logged"
	SetUnlogged        CommandKind = "set_unlogged"
	SetAccessMethod    CommandKind = "set_access_method"
	SetTablespace      CommandKind = "set_tablespace"
	SetOptions         CommandKind = "set_options" // SET (…) and RESET (…)
	EnableTrigger      CommandKind = "enable_trigger"
	DisableTrigger     CommandKind = "disable_trigger"
	AlterRule          CommandKind = "alter_rule"
	Inherit            CommandKind = "inherit"
	NoInherit          CommandKind = "no_inherit"
	ReplicaIdentity    CommandKind = "replica_identity"
	EnableRLS          CommandKind = "enable_row_security"
	DisableRLS         CommandKind = "disable_row_security"
	ForceRLS           CommandKind = "force_row_security"
	NoForceRLS         CommandKind = "no_force_row_security"
	AttachPartition    CommandKind = "attach_partition"
	DetachPartition    CommandKind = "detach_partition"
)
