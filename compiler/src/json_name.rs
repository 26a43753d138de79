//! The names of fields in JSON.

/// The name that a field has in JSON unless it says otherwise: `my_field` is `myField`.
pub(crate) fn of(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut capital = false;
    for letter in name.chars() {
        if letter == '_' {
            capital = true;
        } else {
            json.push(if capital { letter.to_ascii_uppercase() } else { letter });
            capital = false;
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_make_capitals() {
        for (name, json) in [("a", "a"), ("my_field", "myField"), ("_a", "A"), ("a__b_", "aB"), ("A_b1_2", "AB12")] {
            assert_eq!(of(name), json);
        }
    }
}
