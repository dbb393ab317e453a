//! SQL and what it comes to.

use super::input::Input;
use super::{Report, json, rules, text};
use crate::Error;

fn input(source: &str, sql: &str) -> Input {
    Input { source: source.to_owned(), text: sql.to_owned() }
}

fn report(sql: &str) -> Report {
    Report::of(&[input("a.sql", sql)]).unwrap_or_else(|error| panic!("{error}"))
}

/// Line and rule of each finding.
fn found(sql: &str) -> Vec<(usize, String)> {
    report(sql).findings.iter().map(|finding| (finding.place.line, finding.rule.squawk.to_string())).collect()
}

/// One statement with one finding, in the first line.
fn breaks(sql: &str, rule: &str) {
    assert_eq!(found(sql), [(1, rule.to_owned())], "{sql}");
}

fn is_fine(sql: &str) {
    assert_eq!(found(sql), [], "{sql}");
}

#[test]
fn what_old_code_uses_is_not_taken_away() {
    for (sql, rule) in [
        ("ALTER TABLE product DROP COLUMN price CASCADE;", "ban-drop-column"),
        ("ALTER TABLE product RENAME COLUMN price TO amount;", "renaming-column"),
        ("DROP TABLE product;", "ban-drop-table"),
        ("ALTER TABLE product RENAME TO article;", "renaming-table"),
        ("ALTER TABLE product SET SCHEMA shop;", "ban-set-schema"),
        ("ALTER VIEW cheap RENAME TO bargain;", "renaming-object"),
        ("ALTER TYPE size RENAME VALUE 'big' TO 'large';", "renaming-object"),
        ("DROP VIEW cheap;", "ban-drop-view"),
        ("DROP MATERIALIZED VIEW cheap;", "ban-drop-view"),
        ("DROP FUNCTION total(integer);", "ban-drop-function"),
        ("DROP TYPE size;", "ban-drop-type"),
        ("DROP DOMAIN email;", "ban-drop-domain"),
        ("DROP SEQUENCE product_id_seq;", "ban-drop-sequence"),
        ("DROP SCHEMA shop CASCADE;", "ban-drop-schema"),
        ("DROP EXTENSION hstore;", "ban-drop-extension"),
        ("DROP DATABASE shop;", "ban-drop-database"),
        ("TRUNCATE product CASCADE;", "ban-truncate-cascade"),
    ] {
        breaks(sql, rule);
    }
}

#[test]
fn what_old_code_writes_is_not_refused() {
    for (sql, rule) in [
        ("ALTER TABLE product ADD COLUMN stock integer NOT NULL;", "adding-required-field"),
        ("ALTER TABLE product ALTER COLUMN price SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE product ALTER COLUMN price DROP DEFAULT;", "ban-drop-default"),
        ("ALTER TABLE product ALTER COLUMN price TYPE bigint USING price::bigint;", "changing-column-type"),
        ("ALTER TABLE product ALTER COLUMN id SET GENERATED ALWAYS;", "ban-alter-identity"),
        ("ALTER TABLE product ALTER COLUMN gross DROP EXPRESSION;", "ban-drop-generated-expression"),
    ] {
        breaks(sql, rule);
    }
}

#[test]
fn nobody_waits_for_a_lock() {
    for (sql, rule) in [
        ("CREATE INDEX by_name ON product (name);", "require-concurrent-index-creation"),
        ("DROP INDEX by_name;", "require-concurrent-index-deletion"),
        ("REINDEX TABLE product;", "require-concurrent-reindex"),
        ("ALTER TABLE sale DETACH PARTITION sale_2020;", "require-concurrent-partition-detach"),
        ("ALTER TABLE product ADD COLUMN token uuid DEFAULT gen_random_uuid();", "adding-field-with-default"),
        (
            "ALTER TABLE product ADD COLUMN gross numeric GENERATED ALWAYS AS (price * 2) STORED;",
            "adding-field-with-default",
        ),
        ("ALTER TABLE product ADD CONSTRAINT cheap CHECK (price < 9);", "constraint-missing-not-valid"),
        (
            "ALTER TABLE product ADD CONSTRAINT maker FOREIGN KEY (maker_id) REFERENCES maker (id);",
            "adding-foreign-key-constraint",
        ),
        ("ALTER TABLE product ADD CONSTRAINT one_name UNIQUE (name);", "disallowed-unique-constraint"),
        ("ALTER TABLE product ADD CONSTRAINT one_id PRIMARY KEY (id);", "adding-serial-primary-key-field"),
    ] {
        breaks(sql, rule);
    }
    let both = "BEGIN;\nALTER TABLE product ADD CONSTRAINT cheap CHECK (price < 9) NOT VALID;\n\
                ALTER TABLE product VALIDATE CONSTRAINT cheap;\nCOMMIT;";
    assert_eq!(found(both), [(3, "constraint-missing-not-valid".to_owned())]);
}

#[test]
fn what_breaks_nothing_is_let_through() {
    for sql in [
        "",
        "SELECT 1",
        "ALTER TABLE product ADD COLUMN note text;",
        "ALTER TABLE product ADD COLUMN stock integer DEFAULT 0 NOT NULL;",
        "ALTER TABLE product ADD COLUMN made timestamp DEFAULT now() NOT NULL;",
        "ALTER TABLE product ALTER COLUMN price DROP NOT NULL;",
        "ALTER TABLE product ALTER COLUMN price SET DEFAULT 0;",
        "ALTER TABLE product DROP CONSTRAINT cheap;",
        "ALTER TABLE product RENAME CONSTRAINT cheap TO very_cheap;",
        "ALTER INDEX by_name RENAME TO by_full_name;",
        "CREATE INDEX CONCURRENTLY by_name ON product (name);\nDROP INDEX CONCURRENTLY by_price;",
        "ALTER TABLE product ADD CONSTRAINT one_name UNIQUE USING INDEX by_name;",
        "ALTER TABLE product ADD CONSTRAINT cheap CHECK (price < 9) NOT VALID;",
        "ALTER TABLE product VALIDATE CONSTRAINT cheap;",
        "ALTER TABLE product VALIDATE CONSTRAINT filled;\nALTER TABLE product ALTER COLUMN price SET NOT NULL;",
        "UPDATE product SET price = 0 WHERE price IS NULL;",
        // matters of taste
        "CREATE TABLE maker (id serial PRIMARY KEY, name char(9), at timestamp);",
        // a nullable column that old code does not write stays empty with it, and that is all
        "ALTER TABLE product ADD COLUMN a int DEFAULT 1 NULL;\nALTER TABLE product ALTER COLUMN a DROP DEFAULT;",
    ] {
        is_fine(sql);
    }
}

#[test]
fn a_default_that_goes_again_leaves_old_inserts_without_a_value() {
    let django = "BEGIN;\nALTER TABLE \"p\" ADD COLUMN \"a\" integer DEFAULT 1 NOT NULL;\n\
                  ALTER TABLE \"p\" ALTER COLUMN \"a\" DROP DEFAULT;\nCOMMIT;";
    assert_eq!(found(django), [(3, "ban-drop-default".to_owned())]);
}

#[test]
fn tables_that_the_migrations_create_are_theirs() {
    let create = "CREATE TABLE shop.maker (id integer);";
    for sql in [
        "CREATE INDEX by_name ON maker (name);",
        "CREATE INDEX by_name ON Shop.Maker (name);",
        "ALTER TABLE \"maker\" ADD COLUMN b integer NOT NULL;",
        "ALTER TABLE maker ALTER COLUMN id TYPE bigint;",
        "ALTER TABLE maker ADD CONSTRAINT a UNIQUE (id);",
        "ALTER TABLE maker ADD CONSTRAINT a FOREIGN KEY (id) REFERENCES product (id);",
        "DROP TABLE maker;",
    ] {
        is_fine(&format!("{create}\n{sql}"));
        let later = [input("1.sql", create), input("2.sql", sql)];
        assert!(Report::of(&later).unwrap().is_empty(), "{sql}");
        let before = [input("1.sql", sql), input("2.sql", create)];
        assert_eq!(Report::of(&before).unwrap().findings.len(), 1, "{sql}");
    }
    breaks("DROP TABLE maker, product;", "ban-drop-table");
    assert_eq!(found(&format!("{create}\nDROP TABLE maker, product;")).len(), 1);
    is_fine("CREATE TABLE copy AS SELECT * FROM product;\nCREATE INDEX by_id ON copy (id);");
}

#[test]
fn a_comment_leaves_a_finding_and_it_is_counted() {
    for sql in [
        "-- squawk-ignore ban-drop-column\nALTER TABLE product DROP COLUMN price;",
        "ALTER TABLE product -- squawk-ignore ban-drop-column -- nobody reads it since 2.3\nDROP COLUMN price;",
        "-- squawk-ignore-file ban-drop-column\nBEGIN;\nSELECT 1;\nALTER TABLE product DROP COLUMN price;",
        "/* squawk-ignore ban-drop-table, ban-drop-column */\nALTER TABLE product DROP COLUMN price;",
    ] {
        let report = report(sql);
        assert!(report.is_empty() && report.ignored.len() == 1, "{sql}");
        assert!(text(&report).contains("by a comment"), "{sql}");
    }
    for sql in [
        "-- squawk-ignore\nALTER TABLE product DROP COLUMN price;",
        "-- squawk-ignore ban-drop-colum\nALTER TABLE product DROP COLUMN price;",
        "-- squawk-ignore ban-drop-table\nALTER TABLE product DROP COLUMN price;",
        "-- squawk-ignore ban-drop-column\nSELECT 1;\nALTER TABLE product DROP COLUMN price;",
    ] {
        assert_eq!(report(sql).findings.len(), 1, "{sql}");
    }
    // one comment is enough for a constraint of a kind that has a rule of its own
    is_fine("-- squawk-ignore disallowed-unique-constraint\nALTER TABLE product ADD CONSTRAINT a UNIQUE (name);");
}

#[test]
fn operations_without_sql_are_told() {
    let report = report("BEGIN;\n--\n-- Raw Python operation\n--\n-- THIS OPERATION CANNOT BE WRITTEN AS SQL\nCOMMIT;");
    assert!(report.is_empty());
    assert!(text(&report).contains("not judged  a.sql:5: an operation that is no SQL"), "{}", text(&report));
}

#[test]
fn people_are_told_the_place_what_breaks_and_the_way_around() {
    let report = report("BEGIN;\n  ALTER TABLE product DROP COLUMN price;\nCOMMIT;");
    let expected = "\
a.sql:2: ban-drop-column
  ALTER TABLE product DROP COLUMN price;
    breaks   queries of the revision that serves name the column; each of them fails
    instead  in this release: code that does not name the column any more; it stays, nullable or with a default in the database
    then     in a later release, when no revision that names it can come back: drop it

statements: 3, findings: 1, ignored: 0, not judged: 0
";
    assert_eq!(text(&report), expected);
    let lines: Vec<serde_json::Value> = json(&report).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["event"], "migration.breaks");
    assert_eq!([&lines[0]["source"], &lines[0]["rule"]], ["a.sql", "ban-drop-column"]);
    assert_eq!((lines[0]["line"].as_u64(), lines[1]["findings"].as_u64()), (Some(2), Some(1)));
    let long = format!("DROP TABLE {};", "ä".repeat(500));
    assert!(text(&self::report(&long)).contains('…'));
}

#[test]
fn sql_of_others_is_refused_with_its_place() {
    for (sql, line) in [
        ("SELECT 1;\nALTER TABLE `product` ADD COLUMN a int;", 2),
        ("BEGIN;\n\nCREATE TABLE product (id integer PRIMARY KEY AUTOINCREMENT);", 3),
        ("Operations to perform:\n  Apply all migrations: catalog", 1),
        ("DROP TABLE product, ;", 1),
        ("SELECT 'open", 1),
        ("\u{feff}\u{0}", 1),
    ] {
        let error = Report::of(&[input("b.sql", sql)]).map(|_| ()).unwrap_err();
        let Error::Sql { place, .. } = &error else { panic!("{error}") };
        assert_eq!(place, &format!("b.sql:{line}"), "{error}");
    }
}

#[test]
fn every_rule_is_in_the_documentation() {
    let page = include_str!("../../../../docs/migrations.md");
    for rule in &rules::ALL {
        assert!(page.contains(&format!("`{}`", rule.squawk)), "{} is missing", rule.squawk);
        assert!(!rule.instead.is_empty());
    }
}
