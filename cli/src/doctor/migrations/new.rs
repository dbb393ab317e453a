//! What the migrations create: the revision that serves does not know it, so nothing that is done to it later breaks that revision.

use squawk_linter::{Rule, Violation};
use squawk_syntax::ast::{
    AlterColumnOption, AlterTable, AlterTableAction, AstNode as _, Constraint, NameLike as _, PathRef, Stmt, TableName,
    TableNameRef, TableRelationName,
};
use std::collections::BTreeSet;

/// Tables and columns that the statements so far have created.
#[derive(Debug, Default)]
pub(super) struct New {
    tables: BTreeSet<String>,
    /// Table and column; those that take rows without a value.
    nullable: BTreeSet<(String, String)>,
}

// === impl New ===

impl New {
    /// Takes note of what a statement creates.
    pub(super) fn learn(&mut self, statement: &Stmt) {
        match statement {
            Stmt::CreateTable(create) => self.tables.extend(create.table_name().and_then(|name| created(&name))),
            Stmt::CreateTableAs(create) => self.tables.extend(create.table_name().and_then(|name| created(&name))),
            Stmt::AlterTable(alter) => {
                let Some(table) = altered(alter) else { return };
                for action in alter.actions() {
                    if let AlterTableAction::AddColumn(add) = action
                        && let Some(column) = add.column_name()
                        && !add.constraints().any(|one| {
                            matches!(one, Constraint::NotNullConstraint(_) | Constraint::PrimaryKeyConstraint(_))
                        })
                    {
                        self.nullable.insert((table.clone(), column.text()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether what is wrong with a statement is wrong with new things only.
    pub(super) fn concerns(&self, statement: &Stmt, violation: &Violation) -> bool {
        let is_new = |table: Option<String>| table.is_some_and(|table| self.tables.contains(&table));
        match statement {
            Stmt::AlterTable(alter) => {
                let table = altered(alter);
                is_new(table.clone())
                    || (violation.code == Rule::BanDropDefault && {
                        let column = without_default(alter, violation);
                        table.zip(column).is_some_and(|pair| self.nullable.contains(&pair))
                    })
            }
            Stmt::CreateIndex(create) => is_new(create.table_relation_name().and_then(|name| related(&name))),
            Stmt::DropTable(drop) => drop.table_name_refs().all(|name| is_new(named(&name))),
            _ => false,
        }
    }
}

/// The column whose default is dropped where the violation is.
fn without_default(alter: &AlterTable, violation: &Violation) -> Option<String> {
    alter.actions().find_map(|action| match action {
        AlterTableAction::AlterColumn(column)
            if column.syntax().text_range().contains_range(violation.text_range)
                && matches!(column.option(), Some(AlterColumnOption::DropDefault(_))) =>
        {
            column.column_name_ref().map(|name| name.text())
        }
        _ => None,
    })
}

/// Names without their schema, as the linter compares them.
fn altered(alter: &AlterTable) -> Option<String> {
    related(&alter.table_relation_name()?)
}

fn related(name: &TableRelationName) -> Option<String> {
    named(&name.table_name_ref()?)
}

fn named(name: &TableNameRef) -> Option<String> {
    name.path_ref().as_ref().and_then(PathRef::segment).map(|segment| segment.text())
}

fn created(name: &TableName) -> Option<String> {
    Some(name.path()?.segment()?.text())
}
