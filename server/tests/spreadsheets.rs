//! Lists of people as spreadsheets write them. The files in `spreadsheets` hold the same four people each,
//! as Excel, LibreOffice, Numbers and Google Sheets save them where German, French or Japanese is spoken.

use crate::support::{binary, both_databases};
use contract::{
    list_file::{FileProblem, text_of},
    people::{ImportReport, IssuedLinks},
};
use proptest::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use twofold::domain::identity::people_list::{self, List};

/// The files of a folder, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spreadsheets/").to_owned() + folder;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Who is in each file: user name, name shown beside it, whether an administrator, mail address.
const PEOPLE: [(&str, &str, bool, &str); 4] = [
    ("zoe", "Zoë Müller-Łuczak", true, "zoe@müller.example"),
    ("francois", "François “Fifi” Lefèvre", false, "francois@example.org"),
    ("ken", "山田 健", false, ""),
    ("smith", "Smith, John; \"Jack\"", false, ""),
];

fn people(list: &str) -> Vec<(String, String, bool, String)> {
    let List { people, problems, .. } = people_list::read(list);
    assert_eq!(problems, [], "{list}");
    let person = |person: people_list::ListedPerson| {
        (person.name.to_string(), person.display_name, person.administrator, person.mail_address)
    };
    people.into_iter().map(person).collect()
}

fn owned<'a>(
    people: impl IntoIterator<Item = &'a (&'a str, &'a str, bool, &'a str)>,
) -> Vec<(String, String, bool, String)> {
    let owned = |(name, display_name, administrator, mail): &(&str, &str, bool, &str)| {
        ((*name).to_owned(), (*display_name).to_owned(), *administrator, (*mail).to_owned())
    };
    people.into_iter().map(owned).collect()
}

#[test]
fn a_list_is_read_as_every_spreadsheet_writes_it() {
    let files = files("read");
    assert!(files.len() > 25);
    for file in files {
        let text = text_of(&std::fs::read(&file).unwrap()).unwrap_or_else(|problem| panic!("{file:?}: {problem}"));
        assert_eq!(people(&text), owned(&PEOPLE), "{file:?}");
    }
}

#[test]
fn what_lost_its_letters_is_refused_with_the_remedy() {
    let files = files("refused");
    assert!(files.len() > 4);
    for file in files {
        assert_eq!(text_of(&std::fs::read(&file).unwrap()), Err(FileProblem::Encoding), "{file:?}");
        let folder = tempfile::tempdir().unwrap();
        let (code, said) = binary::run(binary::twofold(folder.path()).args(["user", "import"]).arg(&file));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("This file is not UTF-8. Save it as “CSV UTF-8”."), "{said}");
    }
}

both_databases! {
    async fn people_are_added_from_what_a_spreadsheet_wrote(portal) {
        let root = portal.administrator("root").await;
        let file = files("read").into_iter().find(|file| file.ends_with("excel-windows-de-formatted-below-and-beside.csv")).unwrap();
        let list = text_of(&std::fs::read(file).unwrap()).unwrap();
        let report: ImportReport = root.call_json("check-list", &json!({ "list": list })).await.unwrap();
        assert_eq!(report, ImportReport { people: 4, administrators: 1 });
        let added: IssuedLinks = root.call_json("add-people", &json!({ "list": list })).await.unwrap();
        assert!(added.file.starts_with("\u{FEFF}name,"), "a spreadsheet reads the accents: {}", added.file);
        assert!(added.file.contains("François “Fifi” Lefèvre"));
    }

    async fn the_command_line_reads_the_same_files(portal) {
        let file = files("read").into_iter().find(|file| file.ends_with("excel-windows-ja-unicode-text.txt")).unwrap();
        let (code, said) = binary::run(binary::beside(&portal).args(["user", "import"]).arg(file));
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("\u{FEFF}name,display name,link") && said.contains("ken,山田 健,http"), "{said}");
    }
}

/// How a spreadsheet may write a list.
#[derive(Debug, Clone)]
struct Dialect {
    separator: &'static str,
    line_end: &'static str,
    /// 0: as they are; 1: UTF-8 with a mark; 2: UTF-16, little end first; 3: big end first.
    encoding: u8,
    separator_line: bool,
    quotes_all: bool,
    /// Cells that nobody filled, beside the list.
    beside: usize,
    /// Lines of them, below it.
    below: usize,
    /// Cells that nobody filled are left out at the end of a line.
    left_out: bool,
    last_line_end: bool,
    words: (&'static str, &'static str),
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let words = [
        ("TRUE", "FALSE"),
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("Verdadero", "Falso"),
        ("ИСТИНА", "ЛОЖЬ"),
        ("1", "0"),
    ];
    let separators = prop::sample::select(vec![",", ";", "\t", "|"]);
    let line_ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let cells = (0..4_usize, 0..4_usize, any::<bool>());
    (separators, line_ends, 0..4_u8, any::<(bool, bool, bool)>(), cells, prop::sample::select(words.to_vec())).prop_map(
        |(
            separator,
            line_end,
            encoding,
            (separator_line, quotes_all, last_line_end),
            (beside, below, left_out),
            words,
        )| {
            Dialect {
                separator,
                line_end,
                encoding,
                separator_line,
                quotes_all,
                beside,
                below,
                left_out,
                last_line_end,
                words,
            }
        },
    )
}

impl Dialect {
    fn write(&self, people: &[(String, String, bool, String)]) -> Vec<u8> {
        let header = ["name", "display name", "administrator", "mail address"].map(str::to_owned);
        let row = |(name, display_name, administrator, mail): &(String, String, bool, String)| {
            let word = if *administrator { self.words.0 } else { self.words.1 };
            [name.clone(), display_name.clone(), word.to_owned(), mail.clone()]
        };
        let mut lines: Vec<String> =
            std::iter::once(header).chain(people.iter().map(row)).map(|row| self.line(&row)).collect();
        lines.extend((0..self.below).map(|_| self.separator.repeat(3 + self.beside)));
        if self.separator_line {
            lines.insert(0, format!("sep={}", self.separator));
        }
        let mut text = lines.join(self.line_end);
        if self.last_line_end {
            text += self.line_end;
        }
        let marked = format!("\u{FEFF}{text}");
        match self.encoding {
            0 => text.into_bytes(),
            1 => marked.into_bytes(),
            2 => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }

    fn line(&self, row: &[String]) -> String {
        let filled = if self.left_out {
            row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
        } else {
            row.len()
        };
        let cell = |cell: &String| {
            let quoted = self.quotes_all || cell.contains([',', ';', '\t', '|', '"']);
            if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let cells: Vec<String> = row[..filled].iter().map(cell).collect();
        let beside = if self.left_out { String::new() } else { self.separator.repeat(self.beside) };
        cells.join(self.separator) + &beside
    }
}

proptest! {
    #[test]
    fn a_list_is_the_same_however_it_is_written(
        names in prop::collection::btree_set("[a-z]{1,12}", 1..12),
        display_names in prop::collection::vec("[A-Za-zäéøł山田 ,;|\"'.-]{0,20}", 12),
        administrators in any::<[bool; 12]>(),
        with_mail in any::<[bool; 12]>(),
        dialect in dialect(),
    ) {
        let expected: Vec<(String, String, bool, String)> = names
            .iter()
            .zip(display_names)
            .zip(administrators.into_iter().zip(with_mail))
            .map(|((name, display_name), (administrator, with_mail))| {
                let mail = if with_mail { format!("{name}@example.org") } else { String::new() };
                (name.clone(), people_list::display_name(&display_name).unwrap(), administrator, mail)
            })
            .collect();
        let text = text_of(&dialect.write(&expected)).unwrap();
        prop_assert_eq!(people(&text), expected, "{:?}\n{}", dialect, text);
    }
}
