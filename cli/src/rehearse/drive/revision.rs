//! Registering the two revisions.

use super::{Driver, refused};
use crate::Error;
use crate::rehearse::{Controller, Step};
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;

impl Driver<'_> {
    pub(super) async fn register_blue(&self) -> Result<String, Error> {
        let mut blue = self.rehearsal.task_definition.clone();
        let container = &self.rehearsal.plan.container;
        blue.set_image(container, &self.rehearsal.script.blue)?;
        // when ECS brings it back, hooks are asked about it; what the smoke tests look for may be new in green
        if self.rehearsal.controller == Controller::Ecs && self.rehearsal.is_taken_back() {
            let plan = Plan { smoke_tests: Vec::new(), ..self.rehearsal.plan.clone() };
            blue.embed_plan(container, &plan.embed()?)?;
        }
        self.register(&blue).await
    }

    /// The new revision carries the plan in a label: the hooks read it there.
    pub(super) async fn register_green(&mut self) -> Result<String, Error> {
        let container = &self.rehearsal.plan.container;
        let mut green = self.rehearsal.task_definition.clone();
        green.set_image(container, &self.rehearsal.script.green)?;
        green.embed_plan(container, &self.rehearsal.plan.embed()?)?;
        let task_definition = self.register(&green).await?;
        self.watch.step(&Step::GreenRegistered { task_definition: task_definition.clone() });
        Ok(task_definition)
    }

    /// Registers the file as it is. The SDK's types would drop what they do not know (and cannot be read from JSON), so the
    /// request takes the file itself as its body.
    pub(super) async fn register(&self, definition: &TaskDefinition) -> Result<String, Error> {
        let body = definition.to_json().to_string();
        let answer = self
            .ecs
            .register_task_definition()
            .family(definition.family())
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = body.clone().into();
            })
            .send()
            .await
            .map_err(refused("RegisterTaskDefinition"))?;
        answer
            .task_definition()
            .and_then(|definition| definition.task_definition_arn())
            .map(str::to_owned)
            .ok_or(Error::Answer { call: "RegisterTaskDefinition", missing: "taskDefinition.taskDefinitionArn" })
    }
}
