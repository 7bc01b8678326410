/*
 * How the agent gets into the JVM and out of it. Agent_OnLoad only arms VMInit: the properties that tell what
 * this JVM is for are there by then, and a ClassFileLoadHook enabled earlier would disable JDK 25's AOT
 * cache.
 *
 * Nothing here may fail the JVM: Agent_OnLoad returns 0 whatever happens, and a JVM that is no Spark driver
 * gets no hook.
 */
#include "agent/agent.h"

#include "agent/note.h"
#include "agent/query.h"
#include "agent/rewrite.h"
#include "agent/role.h"
#include "agent/wait.h"
#include "common/log.h"

#include <jvmti.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char tag[] = "AdaptiveStream";

static options_t options;
static char *option_text; /* from Agent_OnLoad to VMInit */
static atomic_bool dying;

const options_t *agent_options(void)
{
    return &options;
}

bool agent_is_dying(void)
{
    return atomic_load(&dying);
}

static void refuse(const char *why)
{
    log_line(LOG_ERROR, tag, "%s; the job runs without AdaptiveStream", why);
}

/* False after a line that says why. */
static bool read_options(void)
{
    char error[512];
    options_defaults(&options);
    bool understood = options_parse(option_text, &options, error, sizeof error);
    free(option_text);
    option_text = NULL;
    if (!understood) {
        refuse(error);
        return false;
    }
    log_set_level(options.log_level);
    if (options.mode == MODE_DISABLED) {
        log_line(LOG_INFO, tag, "mode=disabled: the job runs without AdaptiveStream");
        return false;
    }
    return true;
}

static void JNICALL vm_init(jvmtiEnv *jvmti, JNIEnv *env, jthread thread)
{
    (void)thread;
    if (!role_may_be_driver(jvmti) || !read_options()) return;
    if (!note_init() || !wait_init(jvmti)) {
        refuse("no thread-specific key or monitor left");
        return;
    }
    if (!rewrite_enable(jvmti, env)) refuse("this JVM offers no class-file hook");
}

static void JNICALL vm_death(jvmtiEnv *jvmti, JNIEnv *env)
{
    (void)jvmti;
    (void)env;
    if (!atomic_exchange(&dying, true)) queries_at_exit();
}

static bool arm(JavaVM *vm)
{
    jvmtiEnv *jvmti = NULL;
    /* An old version on purpose: every JVM since Java 6 grants it. */
    if ((*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_1_1) != JNI_OK) return false;

    jvmtiCapabilities capabilities = {.can_retransform_classes = 1};
    if ((*jvmti)->AddCapabilities(jvmti, &capabilities) != JVMTI_ERROR_NONE) return false;

    jvmtiEventCallbacks callbacks = {
        .VMInit = vm_init, .VMDeath = vm_death, .ClassFileLoadHook = rewrite_hook};
    return (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof callbacks) == JVMTI_ERROR_NONE &&
           (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL) ==
               JVMTI_ERROR_NONE &&
           (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL) ==
               JVMTI_ERROR_NONE;
}

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *text, void *reserved)
{
    (void)reserved;
    static atomic_bool loaded;
    if (atomic_exchange(&loaded, true)) {
        log_line(LOG_WARNING, tag, "loaded twice; the second -agentpath is ignored");
        return 0;
    }
    option_text = strdup(text ? text : "");
    if (!option_text || !arm(vm)) refuse("this JVM does not let an agent rewrite classes");
    return 0;
}
