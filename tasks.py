"""The pipeline: nine phases, and the steps T001 to T053 of the source document, as data.

Read it from top to bottom. `needs` are the steps whose results a step reads; inside a phase what
has no need of each other runs side by side, and a phase waits for the last step, the gate, of each
phase that it needs. `invoke --list` shows the commands, `invoke plan` what would run and why.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.cli.collection import collection
from phaseline.cli.verbs.serving import Served
from phaseline.engine.deferred import Module
from phaseline.engine.graph import Graph, Phase, act, check, make, not_built

if TYPE_CHECKING:
    from phaseline.core.settings import Role

# Each is imported when a step that it has is run: asking what there is to do takes none of them.
assistants = Module("phaseline.operators.assistants.configuration")
advice = Module("phaseline.operators.assistants.step")
base_images = Module("phaseline.operators.images.base")
builder = Module("phaseline.operators.images.build")
dockerfiles = Module("phaseline.operators.images.dockerfile")
image_checks = Module("phaseline.operators.images.checks.image")
image_gate = Module("phaseline.operators.images.gate")
lint = Module("phaseline.operators.images.checks.lint")
preparation = Module("phaseline.operators.images.prepare")
trial = Module("phaseline.operators.images.trial")
vulnerabilities = Module("phaseline.operators.images.checks.vulnerabilities")
chart = Module("phaseline.operators.charts.checks")
chart_gate = Module("phaseline.operators.charts.gate")
chart_schema = Module("phaseline.operators.charts.schema")
rendering = Module("phaseline.operators.charts.rendering")
structure = Module("phaseline.operators.charts.structure")
health = Module("phaseline.operators.clusters.health")
minikube = Module("phaseline.operators.clusters.minikube.configuration")
node = Module("phaseline.operators.clusters.node")
plan = Module("phaseline.operators.clusters.plan")
quotas = Module("phaseline.operators.clusters.quotas")
node_images = Module("phaseline.operators.deployments.node_images")
proof = Module("phaseline.operators.deployments.proof")
pruning = Module("phaseline.operators.deployments.pruning")
release = Module("phaseline.operators.deployments.release")
daemon = Module("phaseline.operators.hosts.daemon")
fit = Module("phaseline.operators.hosts.fit")
packages = Module("phaseline.operators.hosts.packages")
tools = Module("phaseline.operators.hosts.tools")
balance = Module("phaseline.operators.services.balance")
discovery = Module("phaseline.operators.services.discovery")
service = Module("phaseline.operators.services.checks")
apis = Module("phaseline.operators.serving.checks")
ai = Module("phaseline.operators.ai_operations.checks")
ai_assistants = Module("phaseline.operators.ai_operations.assisted.configuration")
ai_insight = Module("phaseline.operators.ai_operations.steps")
validation = Module("phaseline.operators.validation.sessions")
performance = Module("phaseline.operators.validation.performance")
quickstart = Module("phaseline.operators.validation.quickstart")
# Whether what was made still stands.
images_now = Module("phaseline.operators.images.standing")
cluster_now = Module("phaseline.operators.clusters.standing")
deployed_now = Module("phaseline.operators.deployments.standing")
services_now = Module("phaseline.operators.services.standing")
# Of which version a tool is, and the like, as part of a step's key.
identity = Module("phaseline.operators.hosts.identity")
# What of each live effect is compared when it is replayed.
image_facts = Module("phaseline.operators.images.projection")
chart_facts = Module("phaseline.operators.charts.projection")
cluster_facts = Module("phaseline.operators.clusters.projection")
release_facts = Module("phaseline.operators.deployments.projection")
service_facts = Module("phaseline.operators.services.projection")
tool_facts = Module("phaseline.operators.hosts.projection")

# Environment variables that decide what builders make, by the names that they give them. Those that
# only decide whence packages come do not count: their digests are locked.
OF_IMAGES = ("DOCKER_DEFAULT_PLATFORM", "SOURCE_DATE_EPOCH")
OF_PAGES = (
    *("NODE_ENV", "NODE_OPTIONS", "SOURCE_DATE_EPOCH", "BROWSERSLIST*"),
    *("VITE_*", "REACT_APP_*", "NEXT_PUBLIC_*", "VUE_APP_*"),
)

# The step that makes the image of each role.
IMAGES: dict[Role, str] = {
    "backend": "T007.image",
    "frontend": "T008.image",
    "database": "T007.database",
}
# The steps that write and rate the Dockerfile of each role.
DOCKERFILES: dict[Role, str] = {
    "backend": "T007.dockerfile",
    "frontend": "T008.dockerfile",
    "database": "T007.database.dockerfile",
}
ADVICE: dict[Role, str] = {
    "backend": "T007.advice",
    "frontend": "T008.advice",
    "database": "T007.database.advice",
}

# What serves the API, and the tests of all of it.
SERVED = (
    "backend/src/api/management/*.py",
    *(
        f"backend/src/api/{name}.py"
        for name in ("pipeline_runs", "container_images", "helm_charts", "minikube_clusters")
    ),
    *(f"backend/src/api/{name}.py" for name in ("deployments", "services", "ai_deploy")),
)
# Steps of the API come after checks: these have no effect, so it is not asked again about what has
# changed, but when it has changed itself.
OF_API = ("tests/management", "tests/deployment/test_api.py")
# What tests the deployed system, phase by phase. Its results hold for what it needs as it was.
VALIDATION = (
    (
        "T041",
        "Workflow: phases 1 to 7 are done and proved; machine and cluster",
        validation.check_workflow,
        ("T026.release", "T024.quota"),
        ("tests/validation/test_workflow.py",),
    ),
    (
        "T042",
        "Containerization: the images that were built",
        validation.check_containerization,
        ("T026.release", *IMAGES.values()),
        ("tests/validation/test_containerization.py",),
    ),
    (
        "T043",
        "Chart: what it renders, and the release",
        validation.check_helm,
        ("T026.release", "T014.manifest"),
        ("tests/validation/test_helm.py",),
    ),
    (
        "T044",
        "AI operations: what they see, and may do",
        validation.check_ai_operations,
        ("T026.release",),
        ("tests/validation/test_ai_operations.py", "tests/deployment/test_ai_operations.py"),
    ),
    (
        "T045",
        "End to end: workloads, Services, answers; security",
        validation.check_end_to_end,
        ("T026.release",),
        (
            "tests/validation/test_e2e.py",
            "tests/validation/test_connections.py",
            "tests/validation/test_security.py",
        ),
    ),
)

GRAPH = Graph(
    (
        Phase(
            number=1,
            name="setup",
            title="The machine: packages, a Docker daemon, configuration",
            steps=(
                not_built("T001", "Project structure of the deployment"),
                not_built("T002", "Documentation structure"),
                make(
                    "T003",
                    "Minikube configuration and scripts",
                    minikube.render_configuration,
                    traits=(identity.workspace,),
                    needs=("setup.fit",),
                    settings=("cluster", "application"),
                    outputs=("{state}/minikube",),
                    tests=(
                        "tests/unit/clusters/test_configuration.py::test_minikubes_configuration_is_json_and_its_scripts_are_sound",
                    ),
                ),
                make(
                    "T004",
                    "Docker AI configuration",
                    assistants.render_configuration,
                    needs=("setup.docker",),
                    settings=("assistant", "model"),
                    outputs=("{state}/docker-ai",),
                    tests=(
                        "tests/unit/assistants/test_configuration.py",
                        "tests/contract/assistants",
                    ),
                ),
                make(
                    "T005",
                    "kubectl-ai configuration",
                    ai_assistants.render_kubectl_ai,
                    settings=("model",),
                    outputs=("{state}/kubectl-ai/kubectl-ai", "{state}/kubectl-ai/instructions.md"),
                    tests=(
                        "tests/unit/ai_operations/test_configuration.py",
                        "tests/contract/assistants/test_kubectl_ai.py",
                    ),
                ),
                make(
                    "T006",
                    "kagent configuration",
                    ai_assistants.render_kagent,
                    settings=("model", "application"),
                    outputs=("{state}/kagent",),
                    tests=(
                        "tests/unit/ai_operations/test_configuration.py",
                        "tests/contract/assistants/test_kagent.py",
                    ),
                ),
                check(
                    "setup.fit",
                    "The machine will do",
                    fit.fit,
                    settings=("cluster",),
                    probe=fit.fit_stands,
                    tests=("tests/unit/hosts/test_fit.py", "tests/unit/hosts/test_measures.py"),
                ),
                act(
                    "setup.packages",
                    "System packages",
                    packages.packages,
                    needs=("setup.fit",),
                    settings=("cluster",),
                    probe=packages.packages_stand,
                    limit=1800.0,
                    tests=(
                        "tests/unit/hosts/test_packages.py",
                        "tests/contract/toolchain/test_packages.py",
                    ),
                ),
                act(
                    "setup.docker",
                    "A Docker daemon that answers",
                    daemon.daemon,
                    needs=("setup.packages",),
                    probe=daemon.daemon_stands,
                    tests=(
                        "tests/unit/hosts/test_own_daemon.py",
                        "tests/contract/toolchain/test_daemon.py",
                    ),
                ),
                check(
                    "setup.gate",
                    "The machine is ready",
                    fit.fit,
                    needs=("setup.docker",),
                    tests=("tests/deployment/test_unfit_machine.py",),
                ),
            ),
        ),
        Phase(
            number=2,
            name="containerize",
            title="Images of every component, built and tried",
            needs=("setup",),
            steps=(
                make(
                    "T007.base",
                    "Base images",
                    base_images.base_image,
                    traits=(identity.machine,),
                    variables=OF_IMAGES,
                    needs=("setup.docker",),
                    settings=("bases",),
                    outputs=("{state}/images/base-*.json",),
                    probe=images_now.base_image_stands,
                    limit=1800.0,
                    tests=(
                        "tests/unit/images/test_rootfs.py",
                        "tests/unit/images/test_archive.py",
                        "tests/contract/images/test_upstream.py",
                    ),
                ),
                make(
                    "T007.dockerfile",
                    "Dockerfile of the backend",
                    dockerfiles.render_dockerfile,
                    role="backend",
                    inputs=("{dockerfile}",),
                    outputs=("{folder}/Dockerfile",),
                    tests=("tests/unit/images/test_dockerfile.py",),
                ),
                make(
                    "T007.packages",
                    "Locked dependencies of the backend",
                    preparation.prepare,
                    traits=(identity.machine, identity.python),
                    role="backend",
                    inputs=("{ingredients}",),
                    outputs=("{prepared}",),
                    tests=(
                        "tests/unit/images/test_commands.py",
                        "tests/contract/images/test_prepare.py",
                    ),
                ),
                make(
                    "T007.image",
                    "Image of the backend",
                    builder.build,
                    traits=(identity.machine, identity.docker),
                    variables=OF_IMAGES,
                    role="backend",
                    needs=("setup.docker", "T007.base", "T007.dockerfile", "T007.packages"),
                    inputs=("{sources}",),
                    settings=("about",),
                    outputs=("{state}/images/{name}.json",),
                    probe=images_now.build_stands,
                    tests=(
                        "tests/unit/images/test_labels.py",
                        "tests/contract/images/test_build.py",
                    ),
                ),
                make(
                    "T007.database.dockerfile",
                    "Dockerfile of the database",
                    dockerfiles.render_dockerfile,
                    role="database",
                    inputs=("{dockerfile}",),
                    outputs=("{folder}/Dockerfile",),
                    tests=("tests/unit/images/test_dockerfile.py",),
                ),
                make(
                    "T007.database",
                    "Image of the database",
                    builder.build,
                    traits=(identity.machine, identity.docker),
                    variables=OF_IMAGES,
                    role="database",
                    needs=("setup.docker", "T007.base", "T007.database.dockerfile"),
                    inputs=("{sources}",),
                    settings=("about",),
                    outputs=("{state}/images/{name}.json",),
                    probe=images_now.build_stands,
                    tests=("tests/contract/images/test_database.py",),
                ),
                make(
                    "T008.dockerfile",
                    "Dockerfile of the frontend",
                    dockerfiles.render_dockerfile,
                    role="frontend",
                    inputs=("{dockerfile}",),
                    outputs=("{folder}/Dockerfile",),
                    tests=("tests/unit/images/test_dockerfile.py",),
                ),
                make(
                    "T008.page",
                    "Web page",
                    preparation.prepare,
                    traits=(identity.node,),
                    variables=OF_PAGES,
                    role="frontend",
                    inputs=("{ingredients}",),
                    outputs=("{prepared}",),
                    tests=("tests/contract/images/test_prepare.py",),
                ),
                make(
                    "T008.image",
                    "Image of the frontend",
                    builder.build,
                    traits=(identity.machine, identity.docker),
                    variables=OF_IMAGES,
                    role="frontend",
                    needs=("setup.docker", "T007.base", "T008.dockerfile", "T008.page"),
                    inputs=("{sources}",),
                    settings=("about",),
                    outputs=("{state}/images/{name}.json",),
                    probe=images_now.build_stands,
                    tests=("tests/contract/images/test_build.py",),
                ),
                make(
                    "T009.dockerfiles",
                    "Dockerfiles, linted",
                    lint.check_dockerfiles,
                    traits=(identity.hadolint,),
                    needs=("T007.dockerfile", "T007.database.dockerfile", "T008.dockerfile"),
                    inputs=("{dockerfile}",),
                    outputs=("{state}/images/findings/{name}.dockerfile.json",),
                    tests=(
                        "tests/unit/images/test_lint.py",
                        "tests/contract/images/test_hadolint.py",
                    ),
                ),
                *(
                    check(
                        ADVICE[role],
                        f"Advice on the Dockerfile of the {role}",
                        advice.rate_dockerfiles,
                        role=role,
                        needs=(dockerfile,),
                        inputs=("{dockerfile}",),
                        settings=("application", "assistant"),
                        projection=advice.rated,
                        tests=("tests/unit/assistants", "tests/contract/assistants"),
                    )
                    for role, dockerfile in DOCKERFILES.items()
                ),
                *(
                    make(
                        f"T009.{role}",
                        f"Size, security and packages of the {role}'s image",
                        image_checks.check_image,
                        role=role,
                        needs=("T007.base", image),
                        settings=("about",),
                        outputs=(
                            "{state}/images/findings/{name}.image.json",
                            "{state}/images/sbom/{name}.cdx.json",
                        ),
                        tests=(
                            "tests/unit/images/test_judge.py",
                            "tests/unit/images/test_check_layer.py",
                            "tests/unit/images/test_secrets.py",
                            "tests/unit/images/test_sbom.py",
                            "tests/contract/images/test_findings.py",
                        ),
                    )
                    for role, image in IMAGES.items()
                ),
                check(
                    "T009.vulnerabilities",
                    "Known vulnerabilities of the images' packages",
                    vulnerabilities.check_vulnerabilities,
                    needs=tuple(f"T009.{role}" for role in IMAGES),
                    settings=("vulnerabilities",),
                    outputs=("{state}/images/findings/{name}.vulnerabilities.json",),
                    tests=("tests/contract/images/test_vulnerabilities.py",),
                ),
                *(
                    check(
                        f"T010.{role}",
                        f"The {role}'s image runs: read-only, unprivileged, alone",
                        trial.check_runs,
                        role=role,
                        needs=(image,),
                        projection=image_facts.examined,
                        tests=(
                            "tests/contract/images/test_runtime.py",
                            "tests/contract/images/test_build.py::test_an_image_that_does_not_run_as_it_must",
                            "tests/contract/images/test_build.py::test_files_and_folders_of_a_trial_are_there",
                        ),
                    )
                    for role, image in IMAGES.items()
                ),
                check(
                    "T011",
                    "Image management API",
                    apis.check_images,
                    needs=("T009.vulnerabilities",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                check(
                    "T012",
                    "The images are those that were built, and no finding forbids them",
                    image_gate.check_images,
                    needs=tuple(IMAGES.values()),
                    inputs=("{state}/images/findings/*.json",),
                    projection=image_facts.examined,
                    tests=(
                        "tests/unit/images/test_findings.py",
                        "tests/contract/images/test_list.py",
                        "tests/contract/images/test_build.py::test_an_image_under_a_false_record_is_not_proved",
                        "tests/contract/images/test_build.py::test_a_removed_image_is_noticed",
                    ),
                ),
            ),
        ),
        Phase(
            number=3,
            name="chart",
            title="The Helm chart, rendered and checked",
            needs=("containerize",),
            steps=(
                act(
                    "T013.helm",
                    "Helm",
                    tools.helm,
                    ahead=True,
                    traits=(identity.helm,),
                    probe=tools.helm_stands,
                    limit=1800.0,
                    projection=tool_facts.helm,
                    tests=("tests/contract/toolchain/test_releases.py",),
                ),
                check(
                    "T013",
                    "Structure of the chart",
                    structure.check_structure,
                    ahead=True,
                    inputs=("{chart}/**",),
                    settings=("chart",),
                    tests=("tests/unit/charts/test_structure.py", "tests/chart/test_operators.py"),
                ),
                check(
                    "T013.schema",
                    "Unknown values are refused",
                    chart_schema.check_schema,
                    ahead=True,
                    traits=(identity.helm,),
                    needs=("T013.helm", "T013"),
                    inputs=("{chart}/**",),
                    settings=("chart",),
                    tests=(
                        "tests/chart/test_schema.py",
                        "tests/chart/test_operators.py::test_a_schema_that_takes_anything",
                    ),
                ),
                make(
                    "T014.values",
                    "Values of this deployment",
                    rendering.render_values,
                    ahead=True,
                    needs=tuple(IMAGES.values()),
                    inputs=("{chart}/values.yaml", "{state}/images/*.json"),
                    settings=("chart",),
                    outputs=("{state}/chart/values.yaml",),
                    tests=("tests/unit/charts/test_values.py", "tests/chart/test_operators.py"),
                ),
                make(
                    "T014.manifest",
                    "Rendered manifest",
                    rendering.render_manifest,
                    ahead=True,
                    traits=(identity.helm,),
                    needs=("T013.helm", "T013", "T014.values"),
                    inputs=("{chart}/**",),
                    settings=("chart", "cluster"),
                    outputs=("{state}/chart/manifest.yaml",),
                    tests=(
                        "tests/unit/charts/test_manifest.py",
                        "tests/chart/test_rendering.py",
                        "tests/chart/test_branches.py",
                    ),
                ),
                check(
                    "T015",
                    "Workloads",
                    chart.check_workloads,
                    ahead=True,
                    needs=("T014.manifest",),
                    projection=chart_facts.workloads,
                    tests=(
                        "tests/unit/charts/test_workloads.py",
                        "tests/unit/charts/test_availability.py",
                        "tests/chart/test_operators.py::test_findings_name_object_and_fix",
                    ),
                ),
                check(
                    "T016",
                    "Services",
                    chart.check_services,
                    ahead=True,
                    needs=("T014.manifest",),
                    settings=("addresses",),
                    projection=chart_facts.services,
                    tests=(
                        "tests/unit/charts/test_services.py",
                        "tests/unit/charts/test_routes.py",
                        "tests/unit/charts/test_policies.py",
                        "tests/chart/test_network.py",
                    ),
                ),
                check(
                    "T017",
                    "ConfigMaps and Secrets",
                    chart.check_configuration,
                    ahead=True,
                    needs=("T014.manifest",),
                    projection=chart_facts.configuration,
                    tests=("tests/unit/charts/test_configuration.py",),
                ),
                check(
                    "T018",
                    "Chart management API",
                    apis.check_charts,
                    needs=("T016",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                check(
                    "T019",
                    "The chart is sound: lint, same render twice",
                    chart_gate.check_chart,
                    traits=(identity.helm,),
                    needs=("T014.manifest",),
                    inputs=("{chart}/**",),
                    projection=chart_facts.objects,
                    tests=(
                        "tests/chart/test_scenarios.py",
                        "tests/contract/test_kube_score.py",
                        "tests/deployment/test_chart.py",
                        "tests/chart/test_operators.py::test_what_the_gate_refuses",
                        "tests/chart/test_operators.py::test_the_gate_shows_what_the_linter_found",
                    ),
                ),
            ),
        ),
        Phase(
            number=4,
            name="cluster",
            title="A Kubernetes that is up and well",
            needs=("setup",),
            steps=(
                check(
                    "T020",
                    "Cluster management API",
                    apis.check_clusters,
                    needs=("T021.start",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                check(
                    "T024.plan",
                    "Configuration of the cluster",
                    plan.check_configuration,
                    settings=("cluster",),
                    projection=cluster_facts.planned,
                    tests=(
                        "tests/unit/clusters/test_choices.py",
                        "tests/unit/clusters/test_validation.py",
                        "tests/unit/clusters/test_context.py",
                        "tests/contract/test_context.py",
                        "tests/deployment/test_any_cluster.py",
                    ),
                ),
                act(
                    "T021.tools",
                    "Kubernetes' programs",
                    tools.kubernetes,
                    traits=(identity.kubernetes,),
                    settings=("cluster",),
                    probe=tools.kubernetes_stands,
                    limit=3600.0,
                    projection=tool_facts.kubernetes,
                    tests=(
                        "tests/unit/tools/test_catalogue.py",
                        "tests/contract/toolchain/test_releases.py",
                    ),
                ),
                act(
                    "T021.start",
                    "The cluster, started",
                    node.start,
                    traits=(identity.kubernetes,),
                    needs=("setup.packages", "T021.tools", "T024.plan"),
                    settings=("cluster",),
                    probe=cluster_now.start_stands,
                    projection=cluster_facts.node,
                    tests=(
                        "tests/unit/clusters/test_configuration.py",
                        "tests/contract/test_renewal.py",
                        "tests/contract/minikube",
                        "tests/deployment/test_reboot.py",
                    ),
                ),
                check(
                    "T022",
                    "Health of the cluster",
                    health.check_health,
                    needs=("T021.start",),
                    projection=cluster_facts.node,
                    tests=(
                        "tests/unit/clusters/test_choices.py::test_what_is_wrong_with_a_node",
                        "tests/unit/clusters/test_health.py",
                        "tests/unit/clusters/test_upkeep.py",
                        "tests/unit/clusters/test_policies.py",
                        "tests/contract/test_network_policies.py",
                        "tests/deployment/test_node_faults.py",
                        "tests/deployment/test_policies.py",
                        "tests/deployment/test_status.py",
                    ),
                ),
                check(
                    "T023",
                    "Cluster resource API",
                    apis.check_resources,
                    needs=("T021.start",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                make(
                    "T024.limits",
                    "Quota and limits of the application's namespace",
                    quotas.render_quota,
                    settings=("chart", "quota"),
                    outputs=("{state}/quota/quota.yaml",),
                    tests=("tests/unit/clusters/test_quotas.py",),
                ),
                act(
                    "T024.quota",
                    "Quota and limits, set",
                    quotas.apply_quota,
                    needs=("T021.start", "T024.limits"),
                    settings=("chart",),
                    probe=quotas.quota_stands,
                    projection=cluster_facts.quotas,
                    tests=("tests/unit/clusters/test_quotas.py", "tests/deployment/test_status.py"),
                ),
                check(
                    "T024",
                    "DNS, storage and the network between pods work; quotas are set",
                    health.check_workings,
                    needs=("T021.start", "T024.quota"),
                    projection=cluster_facts.storage,
                    tests=(
                        "tests/unit/clusters/test_provisioner.py",
                        "tests/deployment/test_storage.py",
                        "tests/deployment/test_isolation.py",
                    ),
                ),
            ),
        ),
        Phase(
            number=5,
            name="deploy",
            title="The application, installed and proved to be what was built",
            needs=("containerize", "chart", "cluster"),
            steps=(
                check(
                    "T025",
                    "Deployment management API",
                    apis.check_deployments,
                    needs=("T027",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                act(
                    "T026.images",
                    "Images on the node",
                    node_images.load_images,
                    ahead=True,
                    needs=("setup.docker", *IMAGES.values(), "T021.start"),
                    probe=deployed_now.load_images_stands,
                    projection=release_facts.on_node,
                    tests=(
                        "tests/deployment/test_changes.py::test_an_image_removed_from_the_node",
                    ),
                ),
                act(
                    "T026.release",
                    "The release, installed and rolled out",
                    release.install_release,
                    traits=(identity.helm,),
                    needs=("T014.manifest", "T014.values", "T021.start", "T026.images"),
                    inputs=("{chart}/**",),
                    settings=("chart",),
                    probe=deployed_now.install_release_stands,
                    projection=release_facts.workloads,
                    tests=(
                        "tests/deployment/test_changes.py::test_a_release_deleted_by_hand",
                        "tests/deployment/test_deploy_all.py",
                    ),
                ),
                act(
                    "T026.prune",
                    "Images that no revision needs any more, removed from the node",
                    pruning.prune_images,
                    needs=("T026.release", "T026.images"),
                    probe=pruning.prune_stands,
                    projection=release_facts.on_node,
                    tests=("tests/unit/deployments/test_pruning.py",),
                ),
                check(
                    "T027",
                    "Status of the application",
                    proof.check_status,
                    needs=("T026.release",),
                    projection=release_facts.workloads,
                    tests=("tests/unit/deployments/test_looking.py",),
                ),
                check(
                    "T028",
                    "Update and rollback",
                    proof.check_rollback,
                    needs=("T021.start",),
                    tests=(
                        "tests/deployment/test_deploy_all.py::test_every_step_that_is_built_was_done",
                    ),
                ),
                check(
                    "T029",
                    "What runs is what was built",
                    proof.check_images,
                    needs=("T026.release", "T026.images"),
                    projection=release_facts.running,
                    tests=(
                        "tests/unit/deployments/test_looking.py::test_which_containers_run_something_else",
                        "tests/deployment/test_deploy_all.py::test_each_pod_runs_the_image_that_docker_built",
                    ),
                ),
            ),
        ),
        Phase(
            number=6,
            name="services",
            title="The application's addresses, proved by using it",
            needs=("deploy",),
            steps=(
                check(
                    "T030",
                    "Service management API",
                    apis.check_services,
                    needs=("T031",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                check(
                    "T031",
                    "Services",
                    service.check_created,
                    needs=("T026.release",),
                    projection=service_facts.ports,
                    tests=("tests/deployment/test_changes.py::test_a_service_deleted_by_hand",),
                ),
                check(
                    "T032",
                    "Discovery by DNS, from inside a pod",
                    discovery.check_discovery,
                    needs=("T026.release",),
                    projection=service_facts.endpoints,
                    tests=("tests/deployment/test_discovery.py",),
                ),
                check(
                    "T032.balance",
                    "Load balancing: connections spread over replicas",
                    balance.check_balance,
                    needs=("T026.release",),
                    projection=service_facts.endpoints,
                    tests=(
                        "tests/unit/services/test_balance.py",
                        "tests/deployment/test_balance.py",
                    ),
                ),
                check(
                    "T033",
                    "Endpoints and answers",
                    service.check_health,
                    needs=("T026.release",),
                    settings=("addresses",),
                    projection=service_facts.endpoints,
                    tests=(
                        "tests/deployment/test_deploy_all.py::test_ends_with_an_address_that_serves_the_page",
                    ),
                ),
                check(
                    "T034",
                    "The application works",
                    service.check_journeys,
                    needs=("T026.release",),
                    settings=("addresses", "journeys"),
                    probe=services_now.journeys_stand,
                    projection=service_facts.journeys,
                    tests=(
                        "tests/unit/services/test_using.py",
                        "tests/deployment/test_other_application.py::test_it_is_deployed_and_answers",
                    ),
                ),
            ),
        ),
        Phase(
            number=7,
            name="ai-ops",
            title="Analysis and advice",
            needs=("services",),
            steps=(
                check(
                    "T035",
                    "AI operations API",
                    apis.check_requests,
                    needs=("T021.start",),
                    inputs=SERVED,
                    tests=OF_API,
                ),
                check(
                    "T036",
                    "Deployment by request",
                    ai.check_deployment,
                    needs=("T021.start",),
                    tests=("tests/unit/ai_operations",),
                ),
                check(
                    "T037",
                    "Scaling by request",
                    ai.check_scaling,
                    # one after the other: the accounts of requests go with the first that ends
                    needs=("T021.start", "T036"),
                    tests=("tests/unit/ai_operations",),
                ),
                check(
                    "T038",
                    "Debugging by request",
                    ai_insight.check_debugging,
                    needs=("T021.start",),
                    tests=("tests/unit/diagnosis", "tests/deployment/test_diagnosis.py"),
                ),
                check(
                    "T039",
                    "Analysis of the cluster",
                    ai_insight.check_analysis,
                    needs=("T026.release",),
                    tests=(
                        "tests/unit/analysis",
                        "tests/deployment/test_diagnosis.py::test_the_report_tells_of_each_fault",
                    ),
                ),
                check(
                    "T040",
                    "Right-sizing",
                    ai_insight.check_sizing,
                    needs=("T026.release",),
                    tests=(
                        "tests/unit/sizing",
                        "tests/deployment/test_diagnosis.py::test_what_is_used_is_sampled",
                    ),
                ),
            ),
        ),
        Phase(
            number=8,
            name="validate",
            title="The whole workflow, tested",
            needs=("ai-ops",),
            steps=(
                *(
                    check(
                        name,
                        title,
                        operator,
                        traits=(validation.tests,),
                        needs=needs,
                        settings=("addresses", "journeys", "quota"),
                        tests=("tests/deployment/test_validation.py", *tests),
                    )
                    for name, title, operator, needs, tests in VALIDATION
                ),
                check(
                    "T046",
                    "The quickstart does what it says, in a clean copy",
                    quickstart.check_quickstart,
                    needs=("T026.release",),
                    inputs=(
                        "specs/011-k8s-deployment/quickstart.md",
                        "scripts/validate-quickstart.sh",
                    ),
                    limit=1800.0,
                    tests=(
                        "tests/unit/validation/test_quickstart.py",
                        "tests/deployment/test_validation.py",
                    ),
                ),
                check(
                    "T047",
                    "Start-up, latency, throughput and resources within their budgets",
                    performance.check_performance,
                    # nothing else is tested meanwhile
                    needs=("T026.release", "T046", *(name for name, *_ in VALIDATION)),
                    settings=("addresses", "budgets"),
                    exclusive=True,
                    tests=(
                        "tests/unit/validation/test_figures.py",
                        "tests/deployment/test_validation.py",
                    ),
                ),
            ),
        ),
        Phase(
            number=9,
            name="docs",
            title="Documents that are true",
            needs=("validate",),
            steps=(
                not_built("T048", "Quickstart"),
                not_built("T049", "Troubleshooting guide"),
                not_built("T050", "Best practices"),
                not_built("T051", "Demonstration"),
                not_built("T052", "Monitoring guide"),
                not_built("T053", "Automation scripts"),
            ),
        ),
    )
)

namespace = collection(
    GRAPH,
    Path(__file__).parent,
    everything=("setup", "containerize", "chart", "cluster", "deploy", "services", "ai-ops"),
    served=Served(source="backend/src", module="api.management.app"),
)
