//! Who someone is: names, mail addresses, and lists of people.

pub mod mail_address;
pub mod name;
pub mod people_list;
pub mod search_words;
pub mod user_name;
