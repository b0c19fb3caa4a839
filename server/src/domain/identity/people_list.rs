//! A list of people to be added: CSV with a line of column names.
//!
//! Every line is checked, so that all that is wrong can be said at once.
//!
//! The list is taken as spreadsheets write it. They separate by commas,
//! semicolons or tabs, depending on where they are used; the column names, or a
//! line `sep=;` before them, tell. They end lines in three ways, write cells that
//! nobody filled at the end of a line, below the list and above it, or leave them
//! out, and have words of their own for true and false.

use crate::domain::{
    identity::{
        mail_address,
        name::{self, NameProblem},
        user_name::UserName,
    },
    text::{
        spreadsheet::{Written, truth},
        typed,
    },
};
use contract::{
    error::UserNameProblem,
    people::{DisplayNameProblem, ImportProblem, LONGEST_DISPLAY_NAME, LineProblem, MOST_ADDED},
};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Someone in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// Number of the line, from 1.
    pub line: u64,
    /// User name.
    pub name: UserName,
    /// Name shown beside it; may be empty.
    pub display_name: String,
    /// Make them an administrator.
    pub administrator: bool,
    /// Where they get mail; may be empty.
    pub mail_address: String,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    DisplayName,
    Administrator,
    MailAddress,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// Those whose lines are all right.
    pub people: Vec<ListedPerson>,
    /// Each user name that can be one, with its line, also where something else is wrong.
    pub names: Vec<(u64, UserName)>,
    /// What is wrong, by line.
    pub problems: Vec<LineProblem>,
}

impl List {
    /// It is wrong as a whole.
    fn none(line: u64, problem: ImportProblem) -> Self {
        Self { problems: vec![LineProblem { line, problem }], ..Self::default() }
    }
}

/// Reads a list.
pub fn read(list: &str) -> List {
    let Written { delimiter, lines_before, text } = &Written::read(list);
    let text = &format!("{text}\n{END}");
    let mut reader = ReaderBuilder::new()
        .delimiter(*delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records().filter(|record| !record.as_ref().is_ok_and(is_blank)).peekable();
    let columns = match records.next() {
        None => return List::none(1, ImportProblem::Empty),
        Some(Ok(record)) if records.peek().is_none() && is_end(&record) => return List::none(1, ImportProblem::Empty),
        Some(Ok(record)) if records.peek().is_some() => columns(&record),
        Some(_) => Err(ImportProblem::Unreadable),
    };
    let columns = match columns {
        Ok(columns) => columns,
        Err(problem) => return List::none(1, problem),
    };
    let (mut read, mut lines) = (List::default(), HashMap::new());
    let mut count = 0;
    while let Some(record) = records.next() {
        let Ok(record) = record else {
            read.problems.push(LineProblem { line: 1, problem: ImportProblem::Unreadable });
            continue;
        };
        let line = lines_before + line_of(text, &record);
        if records.peek().is_none() {
            if !is_end(&record) {
                read.problems.push(LineProblem { line, problem: ImportProblem::Unreadable });
            }
            break;
        }
        add_line(&mut read, line, &columns, &record, &mut lines);
        count += 1;
        if count > MOST_ADDED {
            return List::none(line, ImportProblem::TooMany);
        }
    }
    if count == 0 && read.problems.is_empty() {
        return List::none(1, ImportProblem::Empty);
    }
    read
}

/// A line of its own behind the list: where it is not read as one, a quotation mark before it was not closed.
const END: char = '\u{FDD0}';

fn is_end(record: &StringRecord) -> bool {
    record.len() == 1 && record.get(0).is_some_and(|cell| cell.chars().eq([END]))
}

/// Nobody has filled any of the cells.
fn is_blank(record: &StringRecord) -> bool {
    record.iter().all(|cell| typed::line(cell).is_empty())
}

/// The number of a record's line. Where the reader says that a record begins,
/// blank lines and the second half of a line's end may still come before it.
fn line_of(list: &str, record: &StringRecord) -> u64 {
    let (line, byte) = record.position().map_or((1, 0), |position| (position.line(), position.byte()));
    let start = usize::try_from(byte).unwrap_or(usize::MAX);
    let rest = list.as_bytes().get(start..).unwrap_or_default();
    let passed = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|byte| **byte == b'\n').count();
    line.saturating_add(u64::try_from(passed).unwrap_or(0))
}

/// What the columns hold; `None` for one without a name, in which nothing may stand.
fn columns(record: &StringRecord) -> Result<Vec<Option<Column>>, ImportProblem> {
    let mut columns = Vec::new();
    for title in record {
        let title: String = title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let column = match title.as_str() {
            "" => None,
            "name" | "username" => Some(Column::Name),
            "displayname" => Some(Column::DisplayName),
            "administrator" | "admin" => Some(Column::Administrator),
            "mailaddress" | "mail" | "emailaddress" | "email" => Some(Column::MailAddress),
            // A first line of one value that is no title is a list without titles.
            _ if columns.is_empty() => return Err(ImportProblem::NoNameColumn),
            _ => return Err(ImportProblem::UnknownColumn),
        };
        if column.is_some() && columns.contains(&column) {
            return Err(ImportProblem::UnknownColumn);
        }
        columns.push(column);
    }
    if columns.contains(&Some(Column::Name)) { Ok(columns) } else { Err(ImportProblem::NoNameColumn) }
}

fn add_line(
    read: &mut List,
    line: u64,
    columns: &[Option<Column>],
    record: &StringRecord,
    lines: &mut HashMap<String, u64>,
) {
    let List { people, names, problems } = read;
    let mut wrong = |problem| problems.push(LineProblem { line, problem });
    let nowhere = |index: usize| columns.get(index).is_none_or(Option::is_none);
    if record.iter().enumerate().any(|(index, cell)| nowhere(index) && !typed::line(cell).is_empty()) {
        return wrong(ImportProblem::Columns);
    }
    let value = |wanted| columns.iter().position(|column| *column == Some(wanted)).and_then(|index| record.get(index));
    let text = |wanted| value(wanted).unwrap_or_default();
    let name = UserName::parse(text(Column::Name)).map_err(|problem| ImportProblem::Name(user_name_problem(problem)));
    let name = name.and_then(|name| match *lines.entry(name.key()).or_insert(line) {
        earlier if earlier == line => Ok(name),
        earlier => Err(ImportProblem::Repeated { line: earlier }),
    });
    if let Ok(name) = &name {
        names.push((line, name.clone()));
    }
    // Every value is looked at, whatever is wrong with those before.
    let name = name.map_err(&mut wrong);
    let display_name = display_name(text(Column::DisplayName)).map_err(ImportProblem::DisplayName).map_err(&mut wrong);
    let administrator = yes_or_no(text(Column::Administrator)).map_err(&mut wrong);
    let mail_address =
        mail_address::parse(text(Column::MailAddress)).map_err(ImportProblem::MailAddress).map_err(&mut wrong);
    if let (Ok(name), Ok(display_name), Ok(administrator), Ok(mail_address)) =
        (name, display_name, administrator, mail_address)
    {
        people.push(ListedPerson { line, name, display_name, administrator, mail_address });
    }
}

fn yes_or_no(typed: &str) -> Result<bool, ImportProblem> {
    let word: String = typed::line(typed).nfc().collect::<String>().to_uppercase();
    match word.as_str() {
        "YES" | "Y" | "1" | "X" | "✓" | "JA" | "OUI" | "SÍ" | "SI" => Ok(true),
        "" | "NO" | "N" | "0" | "NEIN" | "NON" => Ok(false),
        word => truth(word).ok_or(ImportProblem::Administrator),
    }
}

/// Reads a name shown beside a user name, which may be missing.
///
/// # Errors
/// Why it can't be used.
pub fn display_name(typed: &str) -> Result<String, DisplayNameProblem> {
    match name::parse(typed, LONGEST_DISPLAY_NAME) {
        Ok(name) => Ok(name),
        Err(NameProblem::Blank) => Ok(String::new()),
        Err(NameProblem::TooLong) => Err(DisplayNameProblem::TooLong),
        Err(NameProblem::ControlCharacter | NameProblem::DirectionMark | NameProblem::InvisibleCharacter) => {
            Err(DisplayNameProblem::Unprintable)
        }
    }
}

/// What is wrong with a user name, in the terms of the interface.
pub const fn user_name_problem(problem: NameProblem) -> UserNameProblem {
    match problem {
        NameProblem::Blank => UserNameProblem::Empty,
        NameProblem::TooLong => UserNameProblem::TooLong,
        NameProblem::ControlCharacter => UserNameProblem::Control,
        NameProblem::DirectionMark | NameProblem::InvisibleCharacter => UserNameProblem::Invisible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::mail_address::MailAddressProblem;
    use proptest::prelude::*;

    fn people(list: &str) -> Vec<(u64, String, String, bool)> {
        let List { people, names, problems } = read(list);
        assert_eq!((problems, names.len()), (vec![], people.len()), "{list}");
        people
            .into_iter()
            .map(|person| (person.line, person.name.to_string(), person.display_name, person.administrator))
            .collect()
    }

    fn problems(list: &str) -> Vec<(u64, ImportProblem)> {
        read(list).problems.into_iter().map(|LineProblem { line, problem }| (line, problem)).collect()
    }

    fn entry(line: u64, name: &str, display_name: &str, administrator: bool) -> (u64, String, String, bool) {
        (line, name.to_owned(), display_name.to_owned(), administrator)
    }

    #[test]
    fn a_list_is_read_however_a_spreadsheet_wrote_it() {
        let expected = [entry(2, "alice", "Alice Lee", true), entry(3, "bob", "", false)];
        for list in [
            "name,display name,administrator\nalice,Alice Lee,yes\nbob,,no\n",
            "\u{FEFF}Name;Display name;Administrator\r\nalice;\"Alice Lee\";TRUE\r\nbob;;\r\n",
            "user_name\tdisplay_name\tadmin\nalice\t Alice Lee \tx\nbob\t\t0",
            "administrator,name,display name\n1,alice,Alice Lee\n0,bob,\n\n",
            "name;display name;administrator;\r\nalice;Alice Lee;WAHR;\r\nbob;;FALSCH;\r\n;;;\r\n;;;\r\n",
            "name,display name,administrator,,,\ralice,Alice Lee,VRAI,,,\rbob\r,,,,,\r",
            "name|display name||administrator\nalice|Alice Lee||Vero\nbob|||falso",
        ] {
            assert_eq!(people(list), expected, "{list}");
        }
        let expected = [entry(3, "alice", "Alice Lee", true), entry(4, "bob", "", false)];
        for list in [
            "sep=;\r\nname;display name;administrator\r\nalice;Alice Lee;x\r\nbob\r\n",
            "\u{FEFF}SEP=,\rname,display name,administrator\ralice,Alice Lee,x\rbob",
            "\"sep=;\";;\nname;display name;administrator\nalice;Alice Lee;x\nbob;;\n",
            "sep=\t\nname\tdisplay name\tadministrator\nalice\tAlice Lee\tx\nbob\n",
            ";;\nname;display name;administrator\nalice;Alice Lee;x\nbob;;\n",
        ] {
            assert_eq!(people(list), expected, "{list}");
        }
        assert_eq!(people("name\nalice\n\nbob\n"), [entry(2, "alice", "", false), entry(4, "bob", "", false)]);
        assert_eq!(people("name,display name\nsmith,\"Smith, John\"\n"), [entry(2, "smith", "Smith, John", false)]);
    }

    #[test]
    fn a_fourth_column_says_where_they_get_mail() {
        let addresses =
            |list: &str| -> Vec<String> { read(list).people.into_iter().map(|person| person.mail_address).collect() };
        for title in ["mail address", "Mail_Address", "E-Mail", "mail", "email address"] {
            let list = format!("name,display name,administrator,{title}\nalice,,, alice@example.org\nbob,,,\n");
            assert_eq!(addresses(&list), ["alice@example.org", ""], "{title}");
        }
        assert_eq!(addresses("name\nalice\n"), [""]);
        assert_eq!(
            problems("name,mail\nalice,alice\nbob,bob@example.org\n"),
            [(2, ImportProblem::MailAddress(MailAddressProblem::Malformed))]
        );
    }

    #[test]
    fn who_is_an_administrator_is_said_in_words_or_by_a_mark() {
        for (words, expected) in [
            (["yes", " X\u{200B}", "wahr", "Ja", "oui", "si\u{301}", "si"], true),
            (["no", "0", "Faux", "Nein", "non", "No", "n"], false),
        ] {
            for word in words {
                assert_eq!(yes_or_no(word), Ok(expected), "{word}");
            }
        }
        for other in ["maybe", "2", "tru", "-"] {
            assert_eq!(yes_or_no(other), Err(ImportProblem::Administrator), "{other}");
        }
    }

    #[test]
    fn what_nobody_sees_behind_an_address_does_not_matter() {
        for debris in ["\u{200B}", "\u{A0}", "\u{200E}", "\u{202C}", "\u{FEFF}", " \u{2060}\u{3000}"] {
            let list = format!("name;mail\nalice{debris};{debris}alice@example.org{debris}\n");
            let List { people, problems, .. } = read(&list);
            assert_eq!(problems, []);
            assert_eq!((people[0].name.as_str(), people[0].mail_address.as_str()), ("alice", "alice@example.org"));
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_with_its_line() {
        let list = "name,display name,administrator\nalice,,\n,Nobody,no\nALICE,,\nbob,,,more\ncarol,,maybe\nd\u{202E}d,,\neve,e\u{200B}ve,\nfrank,Frank,no\n";
        assert_eq!(
            problems(list),
            [
                (3, ImportProblem::Name(UserNameProblem::Empty)),
                (4, ImportProblem::Repeated { line: 2 }),
                (5, ImportProblem::Columns),
                (6, ImportProblem::Administrator),
                (7, ImportProblem::Name(UserNameProblem::Invisible)),
                (8, ImportProblem::DisplayName(DisplayNameProblem::Unprintable)),
            ]
        );
    }

    #[test]
    fn all_that_is_wrong_with_one_line_is_said() {
        let list = "name,display name,administrator,mail\nann,a\u{200B}n,maybe,ann\nbob,,,\nBOB,,perhaps,\n";
        assert_eq!(
            problems(list),
            [
                (2, ImportProblem::DisplayName(DisplayNameProblem::Unprintable)),
                (2, ImportProblem::Administrator),
                (2, ImportProblem::MailAddress(MailAddressProblem::Malformed)),
                (4, ImportProblem::Repeated { line: 3 }),
                (4, ImportProblem::Administrator),
            ]
        );
        let List { people, names, .. } = read(list);
        assert_eq!((people.len(), names.iter().map(|(line, _)| *line).collect::<Vec<_>>()), (1, vec![2, 3]));
    }

    #[test]
    fn a_list_that_is_none_says_why() {
        assert_eq!(problems(""), [(1, ImportProblem::Empty)]);
        for blank in ["\n\n", ";;\r\n;;", "sep=;", "sep=;\r\n", "\u{FEFF}", ",,\r,,\r"] {
            assert_eq!(problems(blank), [(1, ImportProblem::Empty)], "{blank:?}");
        }
        assert_eq!(problems("name,administrator\n"), [(1, ImportProblem::Empty)]);
        assert_eq!(problems("alice\nbob\n"), [(1, ImportProblem::NoNameColumn)]);
        assert_eq!(problems("display name\nAlice\n"), [(1, ImportProblem::NoNameColumn)]);
        assert_eq!(problems("name,password\nalice,secret\n"), [(1, ImportProblem::UnknownColumn)]);
        assert_eq!(problems("name,name\nalice,bob\n"), [(1, ImportProblem::UnknownColumn)]);
        let long: String = (0..=MOST_ADDED).map(|number| format!("user{number}\n")).collect();
        assert_eq!(
            problems(&format!("name\n{long}")),
            [(u64::try_from(MOST_ADDED).unwrap() + 2, ImportProblem::TooMany)]
        );
        assert_eq!(people(&format!("name\n{}", &long[long.find('\n').unwrap() + 1..])).len(), MOST_ADDED);
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_swallows_no_people() {
        let read = read("sep=,\nname,display name\nalice,Alice\nbob,\"Bob\ncarol,Carol\n");
        assert_eq!(read.problems, [LineProblem { line: 4, problem: ImportProblem::Unreadable }]);
        assert_eq!(read.people.len(), 1);
        for (list, problem) in [
            ("name,\"display name\nalice,Alice\n", ImportProblem::Unreadable),
            ("name\n", ImportProblem::Empty),
            ("\n\n", ImportProblem::Empty),
        ] {
            assert_eq!(problems(list), [(1, problem)], "{list}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(list in any::<String>()) {
            let _ = read(&list);
        }

        #[test]
        fn whatever_can_be_a_name_comes_through(name in "\\PC{1,64}", display_name in "\\PC{0,64}") {
            let Ok(name) = UserName::parse(&name) else { return Ok(()) };
            let Ok(display_name) = super::display_name(&display_name) else { return Ok(()) };
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["name", "display name"]).unwrap();
            writer.write_record([name.as_str(), display_name.as_str()]).unwrap();
            let list = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(people(&list), [entry(2, name.as_str(), &display_name, false)]);
        }
    }
}
