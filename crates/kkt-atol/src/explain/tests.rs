use super::*;

#[test]
fn fields_are_serialised_as_a_map_in_their_order() {
    let message = Message {
        name: "shift",
        fields: vec![
            ("tid", Field::Number(-5)),
            ("date_time", Field::Text("x".to_owned())),
            ("shift_open", Field::Flag(true)),
            ("model", Field::None),
        ],
    };
    let json = serde_json::to_string(&message).unwrap();
    assert_eq!(json, r#"{"tid":-5,"date_time":"x","shift_open":true,"model":null}"#);
}
