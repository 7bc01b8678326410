#include "agent/role.h"

#include <string.h>

static const char *const main_classes_of_others[] = {
    "org.apache.spark.launcher.Main",
    "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "org.apache.spark.executor.YarnCoarseGrainedExecutorBackend",
    "org.apache.spark.executor.MesosExecutorBackend",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
    "org.apache.spark.deploy.yarn.ExecutorLauncher",
    "org.apache.spark.deploy.master.Master",
    "org.apache.spark.deploy.worker.Worker",
    "org.apache.spark.deploy.history.HistoryServer",
    "org.apache.spark.deploy.ExternalShuffleService",
    "org.apache.spark.deploy.mesos.MesosClusterDispatcher",
    "org.apache.spark.deploy.mesos.MesosExternalShuffleService",
};

bool role_may_be_driver(jvmtiEnv *jvmti)
{
    /* Set by the java launcher: main class and arguments. */
    char *command = NULL;
    if ((*jvmti)->GetSystemProperty(jvmti, "sun.java.command", &command) != JVMTI_ERROR_NONE || !command)
        return true;
    size_t length = strcspn(command, " ");
    bool other = false;
    for (size_t i = 0; i < sizeof main_classes_of_others / sizeof main_classes_of_others[0]; i++) {
        const char *name = main_classes_of_others[i];
        if (strlen(name) == length && memcmp(name, command, length) == 0) other = true;
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char *)command);
    return !other;
}
