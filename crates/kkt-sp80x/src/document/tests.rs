use super::*;

fn found(deframer: &mut Deframer) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(result) = deframer.next_document() {
        found.push(match result {
            Ok(document) => String::from_utf8_lossy(document).into_owned(),
            Err(error) => error.to_string(),
        });
    }
    found
}

fn all(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::answers();
    let mut all = Vec::new();
    for piece in bytes.chunks(size) {
        deframer.push(piece);
        all.extend(found(&mut deframer));
    }
    all.extend(deframer.finish().map(|error| error.to_string()));
    all
}

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    for size in [usize::MAX, 7, 1] {
        assert_eq!(all(bytes, size), expected, "{size} bytes at a time");
    }
}

#[test]
fn documents_with_and_without_nul() {
    let document = "<ArmResponse><a/></ArmResponse>";
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}");
    check(declared.as_bytes(), &[document]);
    check(format!("{declared}\0{declared}\0\0\n{document}").as_bytes(), &[document; 3]);
    check(b"\0\r\n", &[]);
    check(b"<ArmResponse x='1'></ArmResponse>", &["<ArmResponse x='1'></ArmResponse>"]);
}

#[test]
fn noise_is_counted_and_the_next_document_found() {
    let document = "<ArmResponse></ArmResponse>";
    let noise = "got 5 bytes outside of a document, expected <ArmResponse>";
    check(format!("noise{document}").as_bytes(), &[noise, document]);
    check(b"noise", &[noise]);
    let end = "got 14 bytes outside of a document, expected <ArmResponse>";
    check(format!("</ArmResponse>{document}").as_bytes(), &[end, document]);
    let other = "got 19 bytes outside of a document, expected <ArmResponse>";
    check(format!("<ArmResponses><a</a{document}").as_bytes(), &[other, document]);
}

#[test]
fn a_document_that_begins_inside_another() {
    let cut = "document cut short: got 17 bytes before the next one, expected </ArmResponse>";
    let document = "<ArmResponse></ArmResponse>";
    check(format!("<ArmResponse><a/>{document}").as_bytes(), &[cut, document]);
    let incomplete = "incomplete document: got 14 bytes, expected </ArmResponse>";
    check(b"<ArmResponse>\0", &[incomplete]);
}

#[test]
fn a_document_without_an_end_is_bounded() {
    let mut deframer = Deframer::answers();
    let mut errors = Vec::new();
    let mut long = b"<ArmResponse>".to_vec();
    long.resize(10 * MAX_DOCUMENT, b'<');
    for piece in long.chunks(4096) {
        deframer.push(piece);
        assert!(deframer.buffer.len() <= 2 * (MAX_DOCUMENT + 2 * MAX_LEAD));
        while let Some(result) = deframer.next_document() {
            errors.push(result.unwrap_err());
        }
    }
    assert!(matches!(errors.first(), Some(DocumentError::TooLong { .. })), "{:?}", errors.first());
    assert!(errors.len() < 10_000, "{}", errors.len());
    deframer.push(b"<ArmResponse/><ArmResponse></ArmResponse>");
    let found = found(&mut deframer);
    assert_eq!(found.last().map(String::as_str), Some("<ArmResponse></ArmResponse>"));
    assert!(deframer.dropped() > 9_000_000);
}

#[test]
fn more_at_once_than_is_kept() {
    let mut deframer = Deframer::answers();
    deframer.push(&vec![b'x'; 3 * MAX_DOCUMENT]);
    let errors = found(&mut deframer);
    assert!(errors.last().unwrap().contains("too many at once"), "{errors:?}");
    deframer.push(b"<ArmResponse></ArmResponse>");
    assert_eq!(found(&mut deframer), ["<ArmResponse></ArmResponse>"]);
}
