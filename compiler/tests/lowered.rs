//! A file of an edition, lowered, has the descriptor of the file in proto2 or proto3 that says the
//! same.

use std::collections::BTreeMap;

use puregrpc_proto::Compiler;

fn lowered(text: &str) -> Result<Vec<u8>, String> {
    let files = BTreeMap::from([("t.proto".to_string(), text)]);
    let compiled = Compiler::new(&files).source_info(true).compile(["t.proto"]).map_err(|faults| faults.to_string())?;
    let file = compiled.files().last().unwrap();
    file.lowered().map_err(|faults| faults.to_string())
}

fn bare(text: &str) -> Vec<u8> {
    let files = BTreeMap::from([("t.proto".to_string(), text)]);
    let compiled = Compiler::new(&files).source_info(true).compile(["t.proto"]).unwrap();
    compiled.files().last().unwrap().bare_descriptor()
}

#[test]
fn explicit_presence_is_that_of_proto2() {
    let edition = r#"edition = "2024"; package p; option features.enum_type = CLOSED;
        export message M {
            string a = 1; repeated int32 b = 2; string c = 3 [features.field_presence = LEGACY_REQUIRED];
            repeated int32 d = 4 [features.repeated_field_encoding = EXPANDED, deprecated = true];
            oneof o { int32 e = 5; } map<string, int32> f = 6; string g = 7 [default = "x"]; M h = 8;
            extensions 100 to 200; enum E { E_A = 0; } E i = 9; repeated string j = 10;
        }
        extend M { repeated int64 k = 100; }"#;
    let proto2 = r#"syntax = "proto2"; package p;
        message M {
            optional string a = 1; repeated int32 b = 2 [packed = true]; required string c = 3;
            repeated int32 d = 4 [deprecated = true];
            oneof o { int32 e = 5; } map<string, int32> f = 6; optional string g = 7 [default = "x"]; optional M h = 8;
            extensions 100 to 200; enum E { E_A = 0; } optional E i = 9; repeated string j = 10;
        }
        extend M { repeated int64 k = 100 [packed = true]; }"#;
    // The features of the file and of fields leave no empty options.
    assert_eq!(lowered(edition).unwrap(), bare(proto2));
}

#[test]
fn implicit_presence_is_that_of_proto3() {
    let edition = r#"edition = "2023"; option features.field_presence = IMPLICIT;
        message M {
            string a = 1; repeated int32 b = 2; string c = 3 [features.field_presence = EXPLICIT];
            repeated int32 d = 4 [features.repeated_field_encoding = EXPANDED];
            oneof o { int32 e = 5; } map<string, int32> f = 6; M h = 7; int32 _c = 8 [features.field_presence = EXPLICIT];
        }
        enum E { A = 0; }"#;
    let proto3 = r#"syntax = "proto3";
        message M {
            string a = 1; repeated int32 b = 2; optional string c = 3; repeated int32 d = 4 [packed = false];
            oneof o { int32 e = 5; } map<string, int32> f = 6; M h = 7; optional int32 _c = 8;
        }
        enum E { A = 0; }"#;
    assert_eq!(lowered(edition).unwrap(), bare(proto3));
}

#[test]
fn proto2_and_proto3_stay_as_they_are() {
    for text in [
        "syntax = \"proto2\"; message M { required int32 a = 1; repeated int32 b = 2 [packed = true]; }",
        "syntax = \"proto3\"; message M { optional int32 a = 1; repeated int32 b = 2; }",
    ] {
        assert_eq!(lowered(text).unwrap(), bare(text));
    }
}

#[test]
fn what_cannot_be_expressed_is_told_at_its_place() {
    for (text, place, expected) in [
        ("syntax = \"proto2\"; message M { optional group G = 1 { } }", "t.proto:1:47", "`g` is a group"),
        (
            "edition = \"2023\"; message M { M a = 1 [features.message_encoding = DELIMITED]; }",
            "t.proto:1:33",
            "`a` is a group, or delimited",
        ),
        (
            "edition = \"2023\"; message M { string a = 1 [features.field_presence = IMPLICIT]; string b = 2 [default = \"x\"]; }",
            "t.proto:1:89",
            "`b` has a default value",
        ),
        (
            "edition = \"2023\"; message M { string a = 1 [features.field_presence = IMPLICIT]; \
             string b = 2 [features.field_presence = LEGACY_REQUIRED]; }",
            "t.proto:1:89",
            "`b` is required",
        ),
    ] {
        let told = lowered(text).unwrap_err();
        assert!(told.starts_with(place) && told.contains(expected), "{told}");
    }
}
