//! One table of the file, out of which keys are taken one by one; those that nobody took are unknown.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::Keys;
use crate::kinds::{Kind, plain};
use crate::report::Report;
use crate::wording::{mismatch, shown, type_name};

/// A table while it is read. What is wrong goes to the report; what cannot be read is `None`, as what is not there.
pub(crate) struct Section<'a> {
    /// `None`: the file does not have it.
    table: Option<&'a DeTable<'a>>,
    /// Line of its header.
    line: usize,
    keys: &'static Keys,
    /// Keys that were read or refused.
    settled: BTreeSet<&'static str>,
    report: &'a mut Report,
}

type Entry<'a> = (usize, &'a DeValue<'a>);

impl<'a> Section<'a> {
    /// Has a table read, then names its keys that were not asked for.
    pub(crate) fn read<T>(
        (line, table): (usize, Option<&'a DeTable<'a>>),
        keys: &'static Keys,
        report: &'a mut Report,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut section = Section { table, line, keys, settled: BTreeSet::new(), report };
        let value = read(&mut section);
        section.name_unknown();
        value
    }

    /// The value of a key that may be left out.
    pub(crate) fn take<K: Kind>(&mut self, key: &'static str, kind: K) -> Option<K::Value> {
        let (line, value) = self.settle(key)?;
        self.read_value(key, line, value, &kind)
    }

    /// The value of a key that must be there.
    pub(crate) fn require<K: Kind>(&mut self, key: &'static str, kind: K) -> Option<K::Value> {
        if !self.has(key) {
            self.report.missing(self.line, format!("{key} is missing, {} is expected", kind.expected()));
        }
        self.take(key, kind)
    }

    /// The values of a list, each with what is wrong with it; `what` completes "a list of …".
    pub(crate) fn list<K: Kind>(&mut self, key: &'static str, kind: K, what: &str) -> Option<Vec<K::Value>> {
        let (line, value) = self.settle(key)?;
        let Some(list) = value.as_array() else {
            self.report.problem(line, format!("{key} is {}, a list of {what} is expected", type_name(value)));
            return None;
        };
        let name = format!("a value of {key}");
        let read =
            |item: &Spanned<_>| self.read_value(&name, self.report.line(item.span().start), item.get_ref(), &kind);
        // All are read, to report each that is wrong, before one that is wrong spoils the list.
        let values: Vec<_> = list.iter().map(read).collect();
        values.into_iter().collect()
    }

    /// The entries of a table whose keys are not ours; empty where it is not there.
    pub(crate) fn map<K: Kind>(&mut self, key: &'static str, kind: K) -> BTreeMap<String, K::Value> {
        let Some((line, value)) = self.settle(key) else { return BTreeMap::new() };
        let Some(table) = value.as_table() else {
            let found = type_name(value);
            self.report.problem(line, format!("{key} is {found}, a table is expected: {key} = {{ name = value, … }}"));
            return BTreeMap::new();
        };
        let mut entries = BTreeMap::new();
        for (name, value) in table.iter() {
            let line = self.report.line(name.span().start);
            let Some(name) = plain(name.get_ref()) else {
                let wrong = "is no name: it is empty or holds control characters";
                self.report.problem(line, format!("{} in {key} {wrong}", shown(name.get_ref())));
                continue;
            };
            if let Some(value) = self.read_value(&format!("{key}.{name}"), line, value.get_ref(), &kind) {
                entries.insert(name, value);
            }
        }
        entries
    }

    /// A table that stands at most once; read as empty where it is not there.
    pub(crate) fn table<T>(
        &mut self,
        key: &'static str,
        keys: &'static Keys,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let entry = self.settle(key);
        if let Some((line, value)) = entry
            && !value.is_table()
        {
            self.report.problem(line, format!("{key} is {}, one table [{key}] is expected", type_name(value)));
        }
        let table = entry.and_then(|entry| self.tables_of(key, entry).into_iter().next());
        let (line, table) = table.unzip();
        Section::read((line.unwrap_or(self.line), table), keys, self.report, read)
    }

    /// A table that may stand several times.
    pub(crate) fn tables<T>(
        &mut self,
        key: &'static str,
        keys: &'static Keys,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let Some((line, value)) = self.settle(key) else { return Vec::new() };
        if !value.is_array() {
            self.report
                .problem(line, format!("{key} is {}, [[{key}]] is expected, once for each {key}", type_name(value)));
        }
        let tables = self.tables_of(key, (line, value));
        tables
            .into_iter()
            .map(|(line, table)| Section::read((line, Some(table)), keys, self.report, &mut read))
            .collect()
    }

    /// Whether the key stands there, right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The line of a key; that of the table where the key is not there.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        let entry = self.table.and_then(|table| table.get_key_value(key));
        entry.map_or(self.line, |(key, _)| self.report.line(key.span().start))
    }

    /// Something is wrong with a key.
    pub(crate) fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.report.problem(self.line_of(key), message.into());
    }

    /// The key has no place here, for this reason: it is not read.
    pub(crate) fn refuse(&mut self, key: &'static str, reason: String) {
        if self.settle(key).is_some() {
            self.problem(key, reason);
        }
    }

    /// Finds a key that was not settled before, and settles it.
    fn settle(&mut self, key: &'static str) -> Option<Entry<'a>> {
        debug_assert!(self.keys.names.contains(&key), "{key} is not in the list of known keys");
        if !self.settled.insert(key) {
            return None;
        }
        let (key, value) = self.table?.get_key_value(key)?;
        Some((self.report.line(key.span().start), value.get_ref()))
    }

    fn read_value<K: Kind>(&mut self, name: &str, line: usize, value: &DeValue<'_>, kind: &K) -> Option<K::Value> {
        let wrong = |what| self.report.problem(line, mismatch(name, value, &what, &kind.expected()));
        kind.read(value).map_err(wrong).ok()
    }

    /// The tables that a value is, with their lines, however many brackets they are written with.
    fn tables_of(&mut self, key: &str, (line, value): Entry<'a>) -> Vec<(usize, &'a DeTable<'a>)> {
        match value {
            DeValue::Table(table) => vec![(line, table)],
            DeValue::Array(list) => list.iter().filter_map(|item| self.table_in_list(key, item)).collect(),
            _ => Vec::new(),
        }
    }

    fn table_in_list(&mut self, key: &str, item: &'a Spanned<DeValue<'a>>) -> Option<(usize, &'a DeTable<'a>)> {
        let line = self.report.line(item.span().start);
        let table = item.get_ref().as_table();
        if table.is_none() {
            let found = type_name(item.get_ref());
            self.report.problem(line, format!("a value of {key} is {found}, a table is expected"));
        }
        Some((line, table?))
    }

    fn name_unknown(&mut self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            if !self.settled.contains(key.get_ref().as_ref()) {
                self.report.problem(self.report.line(key.span().start), self.keys.unknown(key.get_ref()));
            }
        }
    }
}
