//! What is told of faults: all of them in one run, each with its place and what to do.

use std::collections::BTreeMap;

use puregrpc_proto::{Compiler, Fault, Faults};

fn files<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, String> {
    files.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

fn faults(text: &str) -> Faults {
    Compiler::new(&files([("t.proto", text)])).compile(["t.proto"]).unwrap_err()
}

fn places(faults: &Faults) -> Vec<String> {
    faults.iter().map(|fault| format!("{}:{}: {}", fault.line(), fault.column(), fault.message())).collect()
}

#[test]
fn all_faults_of_a_file_are_told_in_one_run() {
    let text = "\
syntax = \"proto3\";
message Person {
  Adress home = 3;
  repeated string tags = 3;
  map<float, string> m = 6;
  required int32 old = 7;
  int32 a_b = 8 [deprecated = yes];
  int32 aB = 9 [json_nme = \"x\"];
}
enum Kind { A = 1; B = 1; }
service Greeter {
  rpc Hello(Person) returns (Persn);
  rpc Hello(string) returns (Person);
}
option java_package = 5;
";
    assert_eq!(
        places(&faults(text)),
        [
            "3:3: `Adress` is not defined",
            "4:26: the number 3 is used by the field `home` as well",
            "5:3: the keys of a map are integers, bools or strings",
            "6:18: proto3 has no required fields",
            "7:31: the option `deprecated` has a wrong value: expected `true` or `false`",
            "8:9: `aB` and `a_b` are both \"aB\" in JSON",
            "8:17: there is no option `json_nme`",
            "10:17: the first value of an open enum is 0",
            "10:24: the number 1 is the number of `A` as well",
            "12:30: `Persn` is not defined",
            "13:7: `Greeter.Hello` is defined twice",
            "13:13: `string` is no message",
            "15:23: the option `java_package` has a wrong value: expected a string in quotes",
        ]
    );
}

#[test]
fn reading_goes_on_after_a_fault_in_the_syntax() {
    let text = "syntax = \"proto3\"\nmessage A { int32 a 1; int32 b = ; foo }\nmesage B {}\nmessage C { B b = 1; A a = 2; reserved x; }\n}\n";
    assert_eq!(
        places(&faults(text)),
        ["1:17: expected `;` after this, found `message`"],
        "the syntax decides how all else is read"
    );
    assert_eq!(
        places(&faults(&text.replacen('\n', ";\n", 1))),
        [
            "2:21: expected `=` and the number of the field, found `1`",
            "2:34: expected the number of the field, found `;`",
            "2:40: expected the name of the field, found `}`",
            "3:1: expected `message`, `enum`, `service`, `extend`, `import`, `package` or `option`, found `mesage`",
            // That there is no B follows from the line above and is not told.
            "4:40: a reserved name stands in quotes, except in editions",
            "5:1: expected `message`, `enum`, `service`, `extend`, `import`, `package` or `option`, found `}`",
            "5:1: this `}` closes nothing",
        ]
    );
}

#[test]
fn a_fault_is_shown_with_line_caret_and_help() {
    let text = "syntax = \"proto3\";\nmessage M {\n\tgoogle.protobuf.Any a = 1;\n}\nimport \"b.proto\";\n";
    let set = files([("t.proto", text), ("b.proto", "syntax = \"proto3\"; import \"google/protobuf/any.proto\";")]);
    let faults = Compiler::new(&set).compile(["t.proto"]).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "t.proto:3:2: `google.protobuf.Any` is defined in google/protobuf/any.proto, which is not imported\n  \
         \tgoogle.protobuf.Any a = 1;\n  \t^\n  help: add `import \"google/protobuf/any.proto\";`"
    );
}

#[test]
fn faults_in_braces_are_told_where_they_are() {
    let text = "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\";
message V { optional int32 a = 1; optional V b = 2; }
extend google.protobuf.FileOptions { optional V v = 50000; }
option (v) = {
  b { a: 1 }
  b { a: \"x\" }
};";
    assert_eq!(places(&faults(text)), ["6:3: the field `b` is set twice"]);
}

#[test]
fn faults_of_all_files_are_told() {
    let set = files([
        ("a.proto", "syntax = \"proto3\"; import \"b.proto\"; import \"none.proto\"; message A { B b = 0; C c = 1; }"),
        ("b.proto", "syntax = \"proto3\"; message B { int32 b = 0; }"),
    ]);
    let faults = Compiler::new(&set).compile(["a.proto", "gone.proto"]).unwrap_err();
    let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.file(), fault.message())).collect();
    assert_eq!(
        told,
        [
            "a.proto: \"none.proto\" is not found",
            // C may be defined in the file that is not found.
            "a.proto: the number of a field is from 1 to 536870911",
            "b.proto: the number of a field is from 1 to 536870911",
            "gone.proto: this file is not found",
        ]
    );
}

#[test]
fn files_that_cannot_be_read_are_told_at_the_import() {
    let read = |path: &str| match path {
        "t.proto" => Ok(Some(b"syntax = \"proto3\";\nimport \"x.proto\";".to_vec())),
        _ => Err("permission denied".to_string()),
    };
    let faults = Compiler::new(&read).compile(["t.proto"]).unwrap_err();
    assert_eq!(places(&faults), ["2:8: cannot read \"x.proto\": permission denied"]);
}

#[test]
fn a_ring_of_imports_is_told_with_all_its_files() {
    let import = |path: &str| format!("syntax = \"proto3\"; import \"{path}\";");
    let set =
        files([("a.proto", &import("b.proto")), ("b.proto", &import("c.proto")), ("c.proto", &import("a.proto"))]);
    let faults = Compiler::new(&set).compile(["a.proto"]).unwrap_err();
    let told: Vec<&str> = faults.iter().map(Fault::message).collect();
    assert_eq!(told, ["the files import each other: a.proto -> b.proto -> c.proto -> a.proto"]);
}

#[test]
fn imports_without_use_are_warned_of() {
    let text = "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; import \"google/protobuf/empty.proto\";
message M { google.protobuf.Empty a = 1; }";
    let compiled = Compiler::new(&files([("t.proto", text)])).compile(["t.proto"]).unwrap();
    let warnings: Vec<&str> = compiled.warnings().iter().map(Fault::message).collect();
    assert_eq!(warnings, ["the import \"google/protobuf/any.proto\" is not used"]);
}
