//! Which of the linter's rules count, what each protects, and the way that breaks nothing.
//!
//! A rule counts if the revision that serves while the migration runs, or that a rollback brings back, would fail by what it
//! forbids, or would wait for a lock. Rules of style do not, nor do those about what only the migration itself would suffer
//! from: a migration that fails changes nothing, and the old revision goes on.

use squawk_linter::Rule as Squawk;
use squawk_syntax::ast::Stmt;

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// The linter's name of it, which comments in the SQL use too.
    pub(super) squawk: Squawk,
    /// What happens to the revision that serves.
    pub(super) breaks: &'static str,
    /// The way that breaks nothing, step by step.
    pub(super) instead: &'static [&'static str],
}

/// The rule that says about every constraint what others say about one kind.
pub(super) const ANY_CONSTRAINT: Squawk = Squawk::ConstraintMissingNotValid;

/// The rule for what the linter found, if that counts.
pub(super) fn of(squawk: Squawk) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.squawk == squawk)
}

/// Whether the rule covers more than what counts: queries name neither indexes nor constraints.
pub(super) fn harmless(statement: &Stmt, rule: &Rule) -> bool {
    rule.squawk == Squawk::RenamingObject && matches!(statement, Stmt::AlterIndex(_) | Stmt::AlterTable(_))
}

const fn rule(squawk: Squawk, breaks: &'static str, instead: &'static [&'static str]) -> Rule {
    Rule { squawk, breaks, instead }
}

const fn dropped(squawk: Squawk) -> Rule {
    rule(
        squawk,
        "queries of the revision that serves may use it still; each of them fails",
        &[
            "in this release: code that does not use it any more; it stays",
            "in a later release, when no revision that uses it can come back: drop it",
        ],
    )
}

const OUTSIDE: &str = "in a migration without a transaction (atomic = False in Django, disable_ddl_transaction! in Rails, \
                       autocommit_block in Alembic)";

/// All of them; docs/migrations.md has an example for each.
pub(super) const ALL: [Rule; 30] = [
    rule(
        Squawk::BanDropColumn,
        "queries of the revision that serves name the column; each of them fails",
        &[
            "in this release: code that does not name the column any more; it stays, nullable or with a default in the database",
            "in a later release, when no revision that names it can come back: drop it",
        ],
    ),
    rule(
        Squawk::RenamingColumn,
        "queries of the revision that serves have the old name; each of them fails",
        &[
            "keep the name in the database and change it in the code only (db_column in Django, alias_attribute in Rails)",
            "or in this release: add a column of the new name, write both, read the old one, copy the old values in batches",
            "in the next release read the new one, in a later one drop the old one",
        ],
    ),
    rule(
        Squawk::BanDropTable,
        "queries of the revision that serves use the table; each of them fails",
        &[
            "in this release: code that does not use the table any more; it stays",
            "in a later release, when no revision that uses it can come back: drop it",
        ],
    ),
    rule(
        Squawk::RenamingTable,
        "queries of the revision that serves have the old name; each of them fails",
        &[
            "keep the name in the database and change it in the code only (db_table in Django, table_name in Rails, \
             __tablename__ in SQLAlchemy)",
            "or rename it and create a view of the old name in the same transaction, and drop the view in a later release",
        ],
    ),
    rule(
        Squawk::RenamingObject,
        "queries of the revision that serves have the old name; each that uses it fails",
        &[
            "in this release: create it under the new name beside the old one, and use that",
            "in a later release, when no revision that uses the old name can come back: drop that",
        ],
    ),
    rule(
        Squawk::BanSetSchema,
        "queries of the revision that serves look for it in the old schema; each of them fails",
        &[
            "in this release: a search_path with both schemas for the role that the application connects as",
            "in the next release, when all connections have it: move it",
        ],
    ),
    dropped(Squawk::BanDropView),
    dropped(Squawk::BanDropFunction),
    dropped(Squawk::BanDropType),
    dropped(Squawk::BanDropDomain),
    dropped(Squawk::BanDropSequence),
    dropped(Squawk::BanDropSchema),
    dropped(Squawk::BanDropExtension),
    dropped(Squawk::BanDropDatabase),
    rule(
        Squawk::AddingRequiredField,
        "the revision that serves inserts rows without this column; each insert fails",
        &[
            "in this release: add it nullable, or with a constant default that stays in the database (db_default in Django, \
             server_default in Alembic)",
            "in a later release, when all code that can run writes it and old rows are filled: make it NOT NULL behind a CHECK",
        ],
    ),
    rule(
        Squawk::AddingNotNullableField,
        "rows without a value, which the revision that serves may write, are refused; reads and writes wait while the table is read",
        &[
            "in this release: code that always writes a value, and the old rows filled in batches",
            "in the next: ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID, and VALIDATE CONSTRAINT in a transaction of its own",
            "SET NOT NULL after that reads nothing; drop the constraint with it",
        ],
    ),
    rule(
        Squawk::BanDropDefault,
        "the revision that serves inserts rows without this column and counts on the default",
        &[
            "in this release: leave the default in the database (Django takes it away unless the field has a db_default)",
            "in a later release, when all code that can run writes the column: drop it",
        ],
    ),
    rule(
        Squawk::ChangingColumnType,
        "the revision that serves has the old type, and reads and writes wait while the table is rewritten; only a longer \
         varchar, or text for varchar, is safe: say so with a comment",
        &[
            "in this release: add a column of the new type, write both, read the old one, copy the old values in batches",
            "in the next release read the new one, in a later one drop the old one",
        ],
    ),
    rule(
        Squawk::BanAlterIdentity,
        "inserts of the revision that serves may fail: what it leaves out is not filled, or what it brings is refused",
        &[
            "in this release: add a column that gets its values in the new way, and use that",
            "in a later release, when no revision that uses the old one can come back: drop that",
        ],
    ),
    rule(
        Squawk::BanDropGeneratedExpression,
        "the revision that serves counts on the value being computed; the rows that it writes have none",
        &[
            "in this release: add a plain column, write it, and copy the old values in batches",
            "in a later release, when no revision that reads the computed one can come back: drop that",
        ],
    ),
    rule(
        Squawk::BanTruncateCascade,
        "rows that the revision that serves reads are gone, those of every table that refers to this one too",
        &["name each table that is emptied, and none that a revision in service uses"],
    ),
    rule(
        Squawk::AddingFieldWithDefault,
        "reads and writes wait while the table is rewritten, since each row gets a value of its own",
        &[
            "add the column without a default, or with a constant",
            "ALTER COLUMN … SET DEFAULT in a statement of its own, for new rows only; a trigger for a computed value",
            "fill the old rows in batches",
        ],
    ),
    rule(
        Squawk::RequireConcurrentIndexCreation,
        "writes to the table wait until the index is built",
        &["CREATE INDEX CONCURRENTLY (AddIndexConcurrently in Django)", OUTSIDE],
    ),
    rule(
        Squawk::RequireConcurrentIndexDeletion,
        "reads and writes of the table wait until every transaction that uses it has ended",
        &["DROP INDEX CONCURRENTLY (RemoveIndexConcurrently in Django)", OUTSIDE],
    ),
    rule(
        Squawk::RequireConcurrentReindex,
        "writes to the table, and queries that would use the index, wait until it is built",
        &["REINDEX … CONCURRENTLY", OUTSIDE],
    ),
    rule(
        Squawk::RequireConcurrentPartitionDetach,
        "reads and writes of the table wait until every transaction that uses it has ended",
        &["DETACH PARTITION … CONCURRENTLY, when no code in service needs its rows", OUTSIDE],
    ),
    rule(
        Squawk::AddingForeignKeyConstraint,
        "writes to both tables wait while every row is checked",
        &[
            "ADD CONSTRAINT … FOREIGN KEY … NOT VALID: it holds for new rows, and the table is not read",
            "VALIDATE CONSTRAINT in a later transaction: writes go on",
        ],
    ),
    rule(
        ANY_CONSTRAINT,
        "reads and writes wait while every row is checked",
        &[
            "ADD CONSTRAINT … NOT VALID: it holds for new rows, and the table is not read",
            "VALIDATE CONSTRAINT in a later transaction: writes go on",
        ],
    ),
    rule(
        Squawk::DisallowedUniqueConstraint,
        "reads and writes wait while the index of the constraint is built",
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY, when no code in service writes doubles, and none are there",
            OUTSIDE,
            "ADD CONSTRAINT … UNIQUE USING INDEX …",
        ],
    ),
    rule(
        Squawk::AddingSerialPrimaryKeyField,
        "reads and writes wait while the index of the key is built",
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY on columns that are NOT NULL",
            OUTSIDE,
            "ADD CONSTRAINT … PRIMARY KEY USING INDEX …",
        ],
    ),
];
