//! The program beside a stage on which the shop is deployed.

use crate::processes::{PROGRAM, alone, directory, finish, program};
use crate::shop;
use greenlight::rehearse::{Options, Rehearsal, drive, setup};
use greenlight_host::{HostClock, Image, Program, Stage};
use greenlight_world::Setup;
use std::path::Path;
use std::process::{Command, Output};

/// The stage's seconds in a real one.
const SPEED: f64 = 120.0;

/// What the program is called with.
pub struct Shell {
    pub directory: tempfile::TempDir,
    pub variables: Vec<(&'static str, String)>,
}

impl Shell {
    pub fn sdk(&self) -> aws_types::SdkConfig {
        greenlight_aws::sdk_config(&self.variables[0].1, "AKIAOPERATOR", "stage")
    }

    /// Runs the program beside the stage.
    pub async fn greenlight(&self, arguments: &[&str]) -> Output {
        let mut command = self.beside(program(self.directory.path()));
        command.args(arguments);
        tokio::task::spawn_blocking(move || finish(command)).await.unwrap()
    }

    /// A command that finds the stage, and nothing that the machine has.
    pub fn beside(&self, mut command: Command) -> Command {
        for name in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env_remove(name);
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", self.directory.path());
        command.envs(self.variables.clone());
        command
    }
}

/// Plays a story where the shop's second revision has been deployed over its first, with these tables in its plan.
pub fn with_the_shop(tables: &str, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Shell, &Rehearsal)) {
    with_options(tables, &Options::default(), edit, story);
}

/// The same, deployed in another way.
pub fn with_options(
    tables: &str,
    options: &Options,
    edit: impl FnOnce(&mut Setup),
    story: impl AsyncFnOnce(Shell, &Rehearsal),
) {
    let _alone = alone();
    let rehearsal = shop::rehearsal(tables, options);
    let directory = directory(tables);
    let images = rehearsal.script.images.iter();
    let images = images.map(|(name, image)| (name.clone(), process(image, directory.path()))).collect();
    let origin = greenlight_aws::Clock::real().now();
    let clock = HostClock { origin, speed: SPEED };
    let mut world = setup(&rehearsal, origin, SPEED);
    edit(&mut world);
    let deployed = rehearsal.deployed.functions.iter();
    let functions = deployed.filter_map(|function| {
        let arguments = vec!["function".to_owned(), function.binary.clone()?];
        Some((function.name.clone(), Program { program: PROGRAM.into(), arguments }))
    });
    let functions = functions.collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stage = Stage::start(greenlight_host::Options {
            setup: world,
            images,
            functions,
            scratch: directory.path().join("scratch"),
            clock,
            port: None,
        })
        .await
        .unwrap();
        let facts = stage.facts();
        let sdk = greenlight_aws::sdk_config(&stage.endpoint(), "AKIAOPERATOR", "stage");
        let clock = greenlight_aws::Clock::starting_at(origin, SPEED);
        let outcome = Box::pin(drive(&sdk, &clock, facts, &rehearsal, &mut |_| {})).await.unwrap();
        let outcome = serde_json::to_value(&outcome).unwrap();
        assert_eq!(outcome["outcome"], "succeeded", "{outcome}");
        let variables = vec![
            ("AWS_ENDPOINT_URL", stage.endpoint()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAOPERATOR".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "stage".to_owned()),
            ("GREENLIGHT_CLOCK", format!("{origin}*{SPEED}")),
        ];
        story(Shell { directory, variables }, &rehearsal).await;
        stage.stop().await;
    });
}

fn process(image: &greenlight_domain::plan::RehearsalImage, directory: &Path) -> Image {
    let mut environment = image.environment.clone();
    // the second version wants a migration, and here no function makes one
    environment.insert("SHOP_VERSION".to_owned(), "1".to_owned());
    let inherited = std::env::var("PATH").unwrap_or_default();
    environment.insert("PATH".to_owned(), format!("{}:{inherited}", directory.join("bin").display()));
    Image { directory: directory.to_owned(), command: image.command.clone(), environment }
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
