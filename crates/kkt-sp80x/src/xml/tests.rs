use super::*;

fn text(xml: &str) -> String {
    fn show(element: &Element, out: &mut String) {
        out.push_str(&element.name);
        for (key, value) in &element.attributes {
            out.push_str(&format!(" {key}={value:?}"));
        }
        out.push_str(&format!("({:?}", element.text));
        for child in &element.children {
            out.push(' ');
            show(child, out);
        }
        out.push(')');
    }
    match parse(xml.as_bytes()) {
        Ok(roots) => {
            let mut out = String::new();
            roots.iter().for_each(|root| show(root, &mut out));
            out
        }
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(xml: &str, expected: &str) {
    assert_eq!(text(xml), expected);
}

#[test]
fn elements_attributes_and_text() {
    check(
        "<?xml version=\"1.0\"?>\n<a x=\"1\" y='&lt;2&gt;'>b<c/>&amp;&#1078;<![CDATA[<d>]]></a>",
        "a x=\"1\" y=\"<2>\"(\"b&ж<d>\" c(\"\"))",
    );
    check("<a/><b/>", "a(\"\")b(\"\")");
    check("", "");
    check("<!-- a comment --><a>\u{44f}</a>", "a(\"я\")");
}

#[test]
fn what_can_expand_is_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    check(bomb, "XML: got a document type at 0, expected elements and text only");
    check("<a>&b;</a>", &XmlError::Entity { at: 3 }.to_string());
    check("<a x='&b;'/>", &XmlError::Entity { at: 0 }.to_string());
    check("<a>&#0;</a>", &XmlError::Entity { at: 3 }.to_string());
    check("<a>&#xD800;</a>", &XmlError::Entity { at: 3 }.to_string());
    check("<a><?php ?></a>", &XmlError::Refused { got: "an instruction", at: 3 }.to_string());
}

#[test]
fn broken_xml_says_where() {
    for (xml, at) in
        [("<a", 0), ("<a>", 3), ("<a></b>", 3), ("</a>", 0), ("a", 1), ("<a/>a", 5), ("<a>&lt", 3)]
    {
        check(xml, &XmlError::Malformed { at }.to_string());
    }
    assert!(parse(b"<a x=1/>").is_err() && parse(b"<a x/>").is_err());
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(parse(b"<a>\0</a>"), Err(XmlError::Character { at: 3, got: 0 }));
    assert_eq!(parse(b"<a>\xD0</a>"), Err(XmlError::Utf8 { at: 3 }));
}

#[test]
fn limits() {
    let nested = |depth| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    let deep = parse(nested(200_000).get(..MAX_DOCUMENT).unwrap().as_bytes());
    assert_eq!(deep, Err(XmlError::Depth { most: MAX_DEPTH }));
    let many = |count| format!("<r>{}</r>", "<a/>".repeat(count));
    assert!(parse(many(MAX_ELEMENTS - 1).as_bytes()).is_ok());
    let error = parse(many(200_000).as_bytes());
    assert_eq!(error, Err(XmlError::Elements { most: MAX_ELEMENTS }));
    let long = vec![b' '; MAX_DOCUMENT + 1];
    let (got, most) = (MAX_DOCUMENT + 1, MAX_DOCUMENT);
    assert_eq!(parse(&long), Err(XmlError::TooLong { got, most }));
    let tag: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let attributes = Err(XmlError::Attributes { most: MAX_ATTRIBUTES });
    assert_eq!(parse(format!("<a{tag}/>").get(..).unwrap().as_bytes()), attributes);
    assert_eq!(parse(b"<a x='' x=''/>"), attributes);
}

#[test]
fn escaped_text_comes_back() {
    let mut escaped = String::new();
    escape("<![CDATA[]]> & \"it's\"", &mut escaped);
    check(&format!("<a>{escaped}</a>"), "a(\"<![CDATA[]]> & \\\"it's\\\"\")");
}
