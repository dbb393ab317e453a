//! Parameters, seen from outside.

use crate::Setup;
use crate::testing::Shell;
use serde_json::json;

const ARN: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/key";

fn shell() -> Shell {
    let mut setup = Setup::empty();
    setup.secrets.insert(ARN.to_owned(), "hush".to_owned());
    Shell::new(setup)
}

#[test]
fn a_parameter_is_found_by_its_name_and_by_its_arn() {
    let mut shell = shell();
    for name in [ARN, "/prod/key"] {
        let input = json!({"Name": name, "WithDecryption": true});
        let parameter = shell.call("ssm", "GetParameter", input).unwrap()["Parameter"].clone();
        assert_eq!((&parameter["Value"], &parameter["Name"]), (&json!("hush"), &json!("/prod/key")));
        assert_eq!((&parameter["ARN"], &parameter["Type"]), (&json!(ARN), &json!("SecureString")));
    }
    let parameter = shell.call("ssm", "GetParameter", json!({"Name": ARN})).unwrap();
    assert_ne!(parameter["Parameter"]["Value"], "hush", "nobody asked for it to be decrypted");
    assert_eq!(shell.call("ssm", "GetParameter", json!({"Name": "none"})).unwrap_err().code, "ParameterNotFound");
}
