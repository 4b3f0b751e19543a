//! Just enough of Rust's syntax to see which paths a file names and how long its functions are.

/// One source file: its path below the package and its text.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A path as written or as a `use` tree spells it out, with the line it stands on. A single name is a path of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

impl Path {
    /// The path begins with the segments of `prefix` (`std::fs`), or, for a single name, has it anywhere.
    pub(crate) fn names(&self, prefix: &str) -> bool {
        let wanted: Vec<&str> = prefix.split("::").collect();
        match wanted.as_slice() {
            [name] => self.segments.iter().any(|segment| segment == name),
            _ => self.segments.len() >= wanted.len() && self.segments.iter().zip(wanted).all(|(a, b)| a == b),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// All paths of a source, `use` groups spelled out.
pub(crate) fn paths(text: &str) -> Vec<Path> {
    let tokens = tokens(&blank(text));
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let next = if is_name(&tokens[at].text) { read_tree(&tokens, at, &[], &mut paths) } else { at + 1 };
        at = next.max(at + 1);
    }
    paths
}

/// The name, first line and number of lines of each function with a body.
pub(crate) fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let tokens = tokens(&blank(text));
    let starts = (0..tokens.len()).filter(|&at| tokens[at].text == "fn");
    starts
        .filter_map(|at| Some((tokens.get(at + 1)?, tokens[at].line, body_end(&tokens, at)?)))
        .filter(|(name, _, _)| is_name(&name.text))
        .map(|(name, first, last)| (name.text.clone(), first, last + 1 - first))
        .collect()
}

/// The text with comments, strings and character literals replaced by spaces; lines stay where they are.
pub(crate) fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip_opaque(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// The end of the comment, string or character literal that begins here, or `at` when none does.
fn skip_opaque(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let after_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => at + rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => at + comment_length(rest),
        ['"', ..] => at + string_length(rest),
        ['b' | 'c', '"', ..] if !after_name => at + 1 + string_length(&rest[1..]),
        ['r', '"' | '#', ..] if !after_name => at + raw_length(rest, 1),
        ['b', 'r', '"' | '#', ..] if !after_name => at + raw_length(rest, 2),
        ['\'', '\\', _, ..] => at + 3 + rest[3..].iter().position(|&c| c == '\'').map_or(0, |end| end + 1),
        ['\'', _, '\'', ..] => at + 3,
        _ => at,
    }
}

/// Block comments nest.
fn comment_length(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `prefix` characters, any number of `#`, then the string; 0 when it is a raw identifier (`r#type`).
fn raw_length(rest: &[char], prefix: usize) -> usize {
    let hashes = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&'"') {
        return 0;
    }
    let closes =
        |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    (open + 1..rest.len()).find(closes).map_or(rest.len(), |at| at + 1 + hashes)
}

fn tokens(blanked: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (number, line) in blanked.lines().enumerate() {
        let mut chars = line.chars().peekable();
        while let Some(first) = chars.next() {
            if first.is_whitespace() {
                continue;
            }
            let mut text = String::from(first);
            if is_word(first) {
                while let Some(next) = chars.next_if(|&c| is_word(c)) {
                    text.push(next);
                }
            } else if first == ':' && chars.next_if_eq(&':').is_some() {
                text.push(':');
            }
            tokens.push(Token { text, line: number + 1 });
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads the path or `use` tree that begins at a name or `*` or `{`; adds one path per leaf and returns where it ends.
fn read_tree(tokens: &[Token], at: usize, prefix: &[String], paths: &mut Vec<Path>) -> usize {
    let Some(token) = tokens.get(at) else { return at };
    if token.text == "{" {
        return read_group(tokens, at, prefix, paths);
    }
    let mut segments = prefix.to_vec();
    segments.push(token.text.clone());
    let follows =
        |offset: usize, wanted: fn(&str) -> bool| tokens.get(at + offset).is_some_and(|next| wanted(&next.text));
    if follows(1, |text| text == "::") && follows(2, |text| is_name(text) || text == "{" || text == "*") {
        return read_tree(tokens, at + 2, &segments, paths);
    }
    paths.push(Path { segments, line: token.line });
    at + 1
}

/// The trees between `{` and its `}`, each under `prefix`; returns the place after the brace.
fn read_group(tokens: &[Token], open: usize, prefix: &[String], paths: &mut Vec<Path>) -> usize {
    let mut at = open + 1;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "}" => return at + 1,
            "," => at += 1,
            "as" => at += 2,
            _ => at = read_tree(tokens, at, prefix, paths).max(at + 1),
        }
    }
    at
}

/// The line of the brace that closes the body of the function at `start`; `None` for a declaration without one.
fn body_end(tokens: &[Token], start: usize) -> Option<usize> {
    let mut brackets = 0_i32;
    let mut braces = 0_i32;
    for token in &tokens[start..] {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            ";" if brackets == 0 && braces == 0 => return None,
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if braces == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn literals_and_comments_are_blank() {
    let cases = [
        (r#"a("x // y") // z"#, r#"a(        )     "#),
        (r"f('\'', 'a', b'x')", "f(    ,    , b   )"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ("/* a /* b */ c */ d", "                  d"),
        (r###"r#"a "b" c"# x"###, "             x"),
        ("r#type y", "r#type y"),
    ];
    for (source, expected) in cases {
        assert_eq!(blank(source).trim_end(), expected.trim_end(), "{source}");
    }
}

#[test]
fn use_trees_are_spelled_out() {
    let found = paths("use std::{fs, io::{self, Read as R}, sync::*};\nlet x = crate::a::b::<u8>(c);");
    let shown: Vec<String> = found.iter().map(|path| format!("{}@{}", path.segments.join("::"), path.line)).collect();
    for expected in ["std::fs@1", "std::io::self@1", "std::io::Read@1", "std::sync::*@1", "crate::a::b@2", "c@2"] {
        assert!(shown.contains(&expected.to_owned()), "{expected} is not in {shown:?}");
    }
}

#[test]
fn functions_are_measured() {
    let source =
        "trait T { fn none(&self) -> [u8; 4]; }\nfn one() {}\npub fn two(x: [u8; 2]) {\n    if true { x; }\n}\n";
    let found = functions(source);
    assert_eq!(found, [("one".to_owned(), 2, 1), ("two".to_owned(), 3, 3)]);
}
