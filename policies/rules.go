package policies

// Rules are all the rules, in the order of the documentation.
func Rules() []Rule {
	return []Rule{
		newObject(), opaque(), unparsable(), newerPostgres(),
		// columns
		addColumn(), addColumnDefault(), addColumnVolatileDefault(), addColumnNotNull(), addColumnSerial(), addColumnGenerated(),
		addColumnCheck(), addColumnReferences(), addColumnUnique(), addColumnDomain(), addColumnUnknownType(), addColumnJSON(),
		addColumnIfNotExists(), dropColumn(), dropColumnCascade(), dropFilledColumn(), renameColumn(),
		alterTypeRewrite(), alterTypeWiden(), alterTypeTimestamptz(), alterTypeUsing(), alterTypeCollation(),
		setNotNull(), dropNotNull(), setDefault(), dropDefault(), dropIdentity(), dropExpression(), setExpression(),
		addIdentityAlways(), addIdentityByDefault(), setIdentity(), setStatistics(), setStorage(),
		// tables
		createTable(), createTableReferences(), createTableAs(), dropTable(), dropTableCascade(), renameTable(), renameTableView(), convertToPartitioned(), truncateTable(), rewriteTable(), setUnlogged(),
		clusterTable(), vacuumFull(), setOptions(), replicaIdentity(), publication(), inherit(), changeOwner(), dropSchema(), renameSchema(), dropDatabase(),
		createSchema(),
		// constraints
		addCheck(), addCheckNotValid(), validateConstraint(), addForeignKey(), addForeignKeyNotValid(), dropCheck(), dropForeignKey(),
		addUnique(), addUniqueUsingIndex(), dropUnique(), addExclude(), alterConstraint(), renameConstraint(),
		// indexes
		createIndex(), createUniqueIndex(), createIndexConcurrently(), createUniqueIndexConcurrently(), createIndexIfNotExists(),
		createIndexExpression(), createIndexLongValue(), createIndexPartitioned(), dropIndex(), dropUniqueIndex(), reindex(), reindexConcurrently(), alterIndex(),
		// types, domains, sequences
		createType(), addEnumValue(), renameEnumValue(), dropType(), renameType(), addAttribute(), alterAttribute(), createDomain(), alterDomain(),
		createSequence(), renameSequence(), dropSequence(), alterSequence(),
		// views, functions, triggers
		createView(), replaceView(), recreateView(), dropView(), renameView(), alterView(), createMatView(), dropMatView(), refreshMatView(), refreshMatViewConcurrently(),
		createFunction(), replaceFunction(), alterFunction(), dropFunction(), createTrigger(), dropTrigger(), disableTrigger(), renameTrigger(),
		createRule(), dropRule(), createExtension(), dropExtension(), doBlock(),
		// access
		enableRLS(), disableRLS(), changePolicy(), grant(), revoke(), defaultPrivileges(),
		// partitions
		createPartition(), attachPartition(), detachPartition(),
		// data, session, transaction
		updateRows(), backfill(), backfillUnguarded(), insertRows(), sessionSetting(), lockTimeout(), timeoutSetting(), lockTable(), selectCalls(), selectOnly(),
		comment(), analyze(),
		// whole files
		emptyFile(), unreadableFile(), mixedFile(), wrongTrack(), transactionControl(), notAlone(), dataWithDDL(), workUnderLock(), severalExclusiveLocks(), expiredWaiver(), unusedWaiver(),
	}
}

// RuleByID finds a rule by its name.
func RuleByID(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}
