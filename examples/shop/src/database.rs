//! The shop's database: its schemas, its migrations and what is read from it.

use crate::{Settings, ShopError};
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use std::path::Path;
use std::time::Duration;

/// The migrations in order; schema `n` is the database after the first `n`. Version `n` of the shop needs schema `n`.
const MIGRATIONS: [(&str, &str); 2] = [
    (
        "0001_products",
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL);
         INSERT INTO products (name, cents) VALUES ('bicycle bell', 1290), ('front lamp', 3450), ('saddle', 5900);",
    ),
    // may be empty: the version before does not know it and must go on working
    ("0002_product_note", "ALTER TABLE products ADD COLUMN note TEXT;"),
];

/// How long a connection waits for another one's lock.
const BUSY: Duration = Duration::from_secs(5);

/// Something to buy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) cents: i64,
    pub(crate) note: Option<String>,
}

/// Applies the migrations that this version needs and the database lacks; returns what to print.
pub(crate) fn migrate(settings: &Settings) -> Result<Vec<String>, ShopError> {
    let path = settings.database.display().to_string();
    let database = |source| ShopError::Database { path: path.clone(), source };
    let migration = |source| ShopError::Migration { path: path.clone(), source };

    let mut connection = Connection::open(&settings.database).map_err(database)?;
    connection.busy_timeout(BUSY).map_err(database)?;
    // readers of the serving tasks and this writer do not block one another; the mode is kept in the file
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(database)?;

    let known = usize::from(settings.version).min(MIGRATIONS.len());
    let migrations: Migrations = MIGRATIONS[..known].iter().map(|(_, sql)| M::up(sql)).collect();
    let before = match migrations.current_version(&connection).map_err(migration)? {
        SchemaVersion::NoneSet => 0,
        SchemaVersion::Inside(version) => version.get(),
        SchemaVersion::Outside(version) => {
            return Err(ShopError::Later { path, found: version.get(), version: settings.version, known });
        }
    };
    migrations.to_latest(&mut connection).map_err(migration)?;
    let mut lines: Vec<String> = MIGRATIONS[before..known].iter().map(|(name, _)| format!("applied {name}")).collect();
    if lines.is_empty() {
        lines.push("nothing to apply".to_owned());
    }
    Ok(lines)
}

/// Everything the shop sells. Fails if the database lacks what this version reads.
pub(crate) fn products(path: &Path, version: u8) -> Result<Vec<Product>, rusqlite::Error> {
    // never creates: a missing database is an error to see, not an empty shop
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    let columns = if version >= 2 { "name, cents, note" } else { "name, cents, NULL" };
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM products ORDER BY id"))?;
    statement.query_map([], |row| Ok(Product { name: row.get(0)?, cents: row.get(1)?, note: row.get(2)? }))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(directory: &tempfile::TempDir, version: u8) -> Settings {
        Settings { version, database: directory.path().join("shop.sqlite3"), listen: ([127, 0, 0, 1], 8000).into() }
    }

    #[test]
    fn each_version_applies_what_it_needs_once() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(migrate(&settings(&directory, 1)).unwrap(), ["applied 0001_products"]);
        assert_eq!(migrate(&settings(&directory, 2)).unwrap(), ["applied 0002_product_note"]);
        assert_eq!(migrate(&settings(&directory, 2)).unwrap(), ["nothing to apply"]);
    }

    #[test]
    fn the_old_version_works_with_the_new_schema() {
        let directory = tempfile::tempdir().unwrap();
        let new = settings(&directory, 2);
        migrate(&new).unwrap();
        assert_eq!(products(&new.database, 1).unwrap().len(), 3);
        assert_eq!(products(&new.database, 2).unwrap().len(), 3);
    }

    #[test]
    fn the_new_version_cannot_work_with_the_old_schema() {
        let directory = tempfile::tempdir().unwrap();
        let old = settings(&directory, 1);
        migrate(&old).unwrap();
        assert!(products(&old.database, 2).is_err());
    }

    #[test]
    fn the_old_version_refuses_to_migrate_a_later_schema() {
        let directory = tempfile::tempdir().unwrap();
        migrate(&settings(&directory, 2)).unwrap();
        let refused = migrate(&settings(&directory, 1)).unwrap_err().to_string();
        assert!(refused.contains("has schema 2, but version 1"), "{refused}");
    }

    #[test]
    fn a_missing_database_is_not_made_by_reading() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(&directory, 1);
        assert!(products(&settings.database, 1).is_err());
        assert!(!settings.database.exists());
    }
}
