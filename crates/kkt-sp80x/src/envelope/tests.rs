use super::*;

/// An answer in the form that an independent program's tests use.
pub(crate) fn response(result: i64, command: u32, data: &str) -> String {
    format!(
        "<ArmResponse><ResponseBody><Result>{result}</Result><ErrorCode>0</ErrorCode>\n\
         <ErrorDescription></ErrorDescription><Command>{command}</Command></ResponseBody>\n\
         <ResponseData><![CDATA[{data}]]></ResponseData></ArmResponse>"
    )
}

fn envelope(id: u128, form: Form, ffd_version: u8) -> Envelope {
    let date_time = CivilDateTime::new(2026, 11, 24, 9, 30, 15).unwrap();
    Envelope { request_id: RequestId(id), date_time, ffd_version, form }
}

#[test]
fn the_indented_form() {
    let mut bytes = Vec::new();
    envelope(0x58, Form::Indented, 4).write(Number(2), &mut bytes);
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArmRequest>\n <RequestBody>\n  \
        <ProtocolLabel>OFDFNARMUKM</ProtocolLabel>\n  <ProtocolVersion>13.0</ProtocolVersion>\n  \
        <RequestId>{00000000-0000-0000-0000-000000000058}</RequestId>\n  \
        <DateTime>2026-11-24 09:30:15</DateTime>\n  <Command>2</Command>\n  \
        <msgFFDVer>4</msgFFDVer>\n  <msgContVer>1</msgContVer>\n </RequestBody>\n \
        <RequestData><![CDATA[]]></RequestData>\n</ArmRequest>";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

/// AQ-2 of the protocol page.
#[test]
fn the_form_in_one_line() {
    let mut bytes = Vec::new();
    envelope(0x0000_0000_0000_4000_8000_0000_0000_0058, Form::OneLine, 2)
        .write(Number(58), &mut bytes);
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArmRequest><RequestBody>\
        <ProtocolLabel>OFDFNARMUKM</ProtocolLabel><ProtocolVersion>13.0</ProtocolVersion>\
        <RequestId>{00000000-0000-4000-8000-000000000058}</RequestId>\
        <DateTime>2026-11-24 09:30:15</DateTime><Command>58</Command><msgFFDVer>2</msgFFDVer>\
        <msgContVer>1</msgContVer></RequestBody>\
        <RequestData>&lt;![CDATA[]]&gt;</RequestData></ArmRequest>\0";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_request_is_read_back_in_both_forms() {
    for form in [Form::Indented, Form::OneLine] {
        let mut bytes = Vec::new();
        envelope(7, form, 2).write(Number(44), &mut bytes);
        let mut deframer = crate::document::Deframer::requests();
        deframer.push(&bytes);
        let request = Request::parse(deframer.next_document().unwrap().unwrap()).unwrap();
        assert_eq!(request.command, Number(44));
        assert_eq!(request.request_id.unwrap(), RequestId(7).to_string());
        assert_eq!(request.date_time.as_deref(), Some("2026-11-24 09:30:15"));
        assert_eq!((request.ffd_version, request.container_version), (Some(2), Some(1)));
        assert_eq!(request.data, Data::default());
    }
}

#[test]
fn result_alone_decides() {
    let fault =
        |result| Response::parse(response(result, 3, "").as_bytes()).unwrap().fault().cloned();
    assert_eq!(fault(0), None);
    assert_eq!(fault(1), Some(ArmFault::new(1, 0, "")));
}

#[track_caller]
fn check_error(document: &str, expected: &str) {
    let error = Response::parse(document.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{document}");
}

#[test]
fn what_every_answer_needs() {
    let good = response(0, 3, "");
    check_error(&good.replace("<Result>0</Result>", ""), "Result is missing in the message");
    check_error(&good.replace("<Command>3</Command>", ""), "Command is missing in the message");
    check_error(
        &good.replace("<Result>0<", "<Result>no<"),
        "Result: got \"no\", expected a whole number",
    );
    check_error(
        &good.replace("<Result>", "<Result>0</Result><Result>"),
        "Result stands more than once in the message, expected one",
    );
    check_error(
        &good.replace("<Result>", "<ProtocolLabel>OTHER</ProtocolLabel><Result>"),
        "ProtocolLabel: got \"OTHER\", expected OFDFNARMUKM",
    );
    check_error("<ArmRequest></ArmRequest>", "ArmResponse is missing in the message");
    check_error("<ArmResponse></ArmResponse>", "ResponseBody is missing in the message");
    let elements = good.replace("<![CDATA[]]>", "<pa/>");
    check_error(&elements, "ResponseData: got \"pa\", expected the data as text");
}

#[test]
fn an_answer_without_data_has_none() {
    let document = "<ArmResponse><ResponseBody><Result>0</Result><Command>25</Command>\
                    </ResponseBody></ArmResponse>";
    let answer = Response::parse(document.as_bytes()).unwrap();
    assert_eq!((answer.command, answer.data), (Number(25), Data::default()));
}

#[test]
fn a_bomb_inside_the_data_is_refused_too() {
    let error = Response::parse(
        response(0, 3, "<!DOCTYPE a [<!ENTITY b \"b\">]><pa n=\"a\" t=\"1\">&b;</pa>").as_bytes(),
    );
    assert!(matches!(error, Err(DecodeError::Xml(xml::XmlError::Refused { .. }))), "{error:?}");
}
