//! Somebody else does something meanwhile, or a call is lost.

use super::{ALARM, MINUTE, SECOND, Watched, account, events, in_shop, rolled_back, serves_again, tried, wish};
use crate::rollback::between::{Between, Lost};
use aws_sdk_codedeploy::types::DeploymentWaitType;
use greenlight::rollback::Ending;

#[test]
fn a_rollback_that_fails_is_no_success() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let good = shop.released().await;
        let release = shop.released().await;
        let env = shop.account.env();
        let wish = wish(&shop);
        let stopped = async {
            while shop.deployments_since(&release).await.len() < 2 {
                shop.account.pass(SECOND).await;
            }
            shop.account.pass(5 * SECOND).await;
            let back = shop.deployments_since(&release).await.pop().unwrap();
            shop.account.stop(&back.id).await;
            back.id
        };
        let ((outcome, told), back) = tokio::join!(tried(&env, &wish), stopped);
        let outcome = outcome.unwrap();
        assert_eq!(outcome.outcome, Ending::Failed, "{outcome:?}");
        assert!(outcome.reason.contains(&back) && outcome.reason.contains("Stopped"), "{outcome:?}");
        assert_eq!(events(&told, "rollback.ended")[0]["serving"], release.task_definition);
        // the next attempt finds what was good before, although the last deployment ended badly
        let (outcome, _) = rolled_back(&shop, &wish).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(shop.serving().await, good.task_definition);
    });
}

#[test]
fn a_rollback_of_somebody_else_is_followed() {
    in_shop(Watched::default(), async |shop| {
        shop.released().await;
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        shop.account.pass(10 * SECOND).await;
        let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
        serves_again(&shop, &release, &outcome).await;
        assert!(events(&told, "rollback.started").is_empty(), "{told:?}");
        assert_eq!(shop.creators_since(&release).await, ["user", "user"]);
    });
}

#[test]
fn the_deployment_completes_before_it_can_be_stopped() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        shop.released().await;
        let release = shop.release().await;
        shop.until(&release, "deployment.waiting", "termination").await;
        let (codedeploy, id) = (shop.account.codedeploy.clone(), release.id.clone());
        let env =
            Between::before("StopDeployment", shop.account.env(), shop.account.simulation.sdk_config(), move || {
                let request = codedeploy.continue_deployment().deployment_id(&id);
                let request = request.deployment_wait_type(DeploymentWaitType::TerminationWait).send();
                Box::pin(async move {
                    request.await.unwrap();
                    // blue is taken away before the deployment is over
                    tokio::time::sleep(MINUTE).await;
                })
            });
        let (outcome, told) = tried(&env, &wish(&shop)).await;
        serves_again(&shop, &release, &outcome.unwrap()).await;
        assert_eq!(events(&told, "rollback.planned").len(), 2, "what was said first could not be done");
        assert_eq!(shop.creators_since(&release).await, ["user", "user"]);
    });
}

#[test]
fn the_call_that_creates_or_its_answer_may_be_lost() {
    for lost in [Lost::Call, Lost::Answer] {
        for operation in ["CreateDeployment", "StopDeployment"] {
            in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
                shop.released().await;
                let release = shop.release().await;
                if operation == "StopDeployment" {
                    shop.until(&release, "deployment.waiting", "termination").await;
                } else {
                    shop.account.end_of(&release.id).await;
                }
                let env = Between::lose(operation, lost, shop.account.env(), shop.account.simulation.sdk_config());
                let (outcome, _) = tried(&env, &wish(&shop)).await;
                serves_again(&shop, &release, &outcome.unwrap()).await;
                assert_eq!(shop.creators_since(&release).await.len(), 2, "{operation} {lost:?}");
            });
        }
    }
}

#[test]
fn another_deployment_begins_meanwhile() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        shop.released().await;
        let release = shop.released().await;
        let green = shop.account.register(None).await;
        let revision = account::revision(&green, &[]);
        let (codedeploy, plan) = (shop.account.codedeploy.clone(), shop.account.rehearsal.plan.clone());
        let env =
            Between::before("CreateDeployment", shop.account.env(), shop.account.simulation.sdk_config(), move || {
                let request = codedeploy.create_deployment().application_name(&plan.application);
                let request = request.deployment_group_name(&plan.deployment_group).revision(revision.clone()).send();
                Box::pin(async move { drop(request.await.unwrap()) })
            });
        let (outcome, _) = tried(&env, &wish(&shop)).await;
        let outcome = outcome.unwrap();
        assert_eq!(outcome.outcome, Ending::Failed, "{outcome:?}");
        assert!(outcome.reason.contains("began meanwhile"), "{outcome:?}");
        assert_eq!(shop.creators_since(&release).await, ["user", "user"]);
        shop.until_quiet().await;
        assert_eq!(shop.serving().await, green);
    });
}
