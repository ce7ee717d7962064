//! Markdown tables.

/// A table with these titles and rows, numbers to the right.
pub fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<&str> = (0..titles.len())
        .map(|column| {
            let numbers = rows.iter().all(|row| {
                row[column].chars().any(|letter| letter.is_numeric()) && !row[column].chars().any(char::is_alphabetic)
            });
            if numbers { "---:" } else { "---" }
        })
        .collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("| {} |\n| {} |\n{body}", titles.join(" | "), rule.join(" | "))
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lamports in SOL, to the last one.
pub fn sol(lamports: u64) -> String {
    format!("{}.{:09}", lamports / 1_000_000_000, lamports % 1_000_000_000)
}

#[test]
fn grouped_and_sol_write_numbers_out_in_full() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    assert_eq!(sol(2_039_280), "0.002039280");
    assert_eq!(sol(1_000_000_005), "1.000000005");
}
