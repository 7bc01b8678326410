/*
 * How the agent gets into the JVM and out of it. Agent_OnLoad only arms VMInit: the properties that tell what
 * this JVM is for are there by then, and a ClassFileLoadHook enabled earlier would disable JDK 25's AOT
 * cache. Agent_OnAttach is for a JVM that is running already.
 *
 * Nothing here may fail the JVM: Agent_OnLoad returns 0 whatever happens, and a JVM that is no Spark driver
 * gets no hook.
 */
#include "agent/agent.h"

#include "agent/attach.h"
#include "agent/config_watch.h"
#include "agent/controller.h"
#include "agent/note.h"
#include "agent/query.h"
#include "agent/rewrite.h"
#include "agent/role.h"
#include "agent/wait.h"
#include "common/log.h"
#include "common/option_sources.h"

#include <jvmti.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char tag[] = "AdaptiveStream";

static options_t options;
static char *option_text;  /* from Agent_OnLoad to VMInit */
static atomic_bool loaded; /* cleared when the agent stays out after all, so that it may be attached later */
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
static bool read_options(const char *text)
{
    char error[1024], warning[256];
    if (!options_load(text, (const char *const *)environ, &options, error, sizeof error, warning,
                      sizeof warning)) {
        refuse(error);
        return false;
    }
    log_set_level(options.log_level);
    if (warning[0] != '\0') log_line(LOG_WARNING, tag, "%s", warning);
    if (options.mode == MODE_DISABLED) {
        log_line(LOG_INFO, tag, "mode=disabled: the job runs without AdaptiveStream");
        return false;
    }
    config_watch_begin(text, &options);
    return true;
}

/* Everything but the hook; false after a line that says why. */
static bool prepare(jvmtiEnv *jvmti, const char *text)
{
    if (!read_options(text)) return false;
    if (note_init() && wait_init(jvmti)) return true;
    refuse("no thread-specific key or monitor left");
    return false;
}

/* The agent stays out: it may be attached later, with other options say. */
static void stay_out(void)
{
    atomic_store(&loaded, false);
}

static void JNICALL vm_init(jvmtiEnv *jvmti, JNIEnv *env, jthread thread)
{
    (void)thread;
    bool in = role_may_be_driver(jvmti) && prepare(jvmti, option_text);
    free(option_text);
    option_text = NULL;
    if (in) {
        switch (rewrite_enable(jvmti, env)) {
        case REWRITE_DONE:
            return;
        case REWRITE_NEW_ONLY:
            log_line(LOG_WARNING, tag, "classes that this JVM loaded before its start cannot be changed");
            return;
        case REWRITE_NO_HOOK:
            refuse("this JVM offers no class-file hook");
        }
    }
    stay_out();
}

static void JNICALL vm_death(jvmtiEnv *jvmti, JNIEnv *env)
{
    (void)jvmti;
    (void)env;
    if (atomic_exchange(&dying, true)) return;
    controller_leave();
    queries_at_exit();
}

/* NULL when this JVM does not let an agent rewrite classes. */
static jvmtiEnv *arm(JavaVM *vm)
{
    jvmtiEnv *jvmti = NULL;
    /* An old version on purpose: every JVM since Java 6 grants it. */
    if ((*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_1_1) != JNI_OK) return NULL;

    jvmtiCapabilities capabilities = {.can_retransform_classes = 1};
    const bool capable = (*jvmti)->AddCapabilities(jvmti, &capabilities) == JVMTI_ERROR_NONE;

    jvmtiEventCallbacks callbacks = {
        .VMInit = vm_init, .VMDeath = vm_death, .ClassFileLoadHook = rewrite_hook};
    const bool armed = capable &&
                       (*jvmti)->SetEventCallbacks(jvmti, &callbacks, sizeof callbacks) == JVMTI_ERROR_NONE &&
                       (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_DEATH, NULL) ==
                           JVMTI_ERROR_NONE;
    if (!armed) (*jvmti)->DisposeEnvironment(jvmti);
    return armed ? jvmti : NULL;
}

static const char no_rewriting[] = "this JVM does not let an agent rewrite classes";

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *text, void *reserved)
{
    (void)reserved;
    if (atomic_exchange(&loaded, true)) {
        log_line(LOG_WARNING, tag, "loaded twice; the second -agentpath is ignored");
        return 0;
    }
    option_text = strdup(text ? text : "");
    jvmtiEnv *jvmti = option_text ? arm(vm) : NULL;
    if (!jvmti || (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL) !=
                      JVMTI_ERROR_NONE) {
        refuse(no_rewriting);
        free(option_text);
        option_text = NULL;
        stay_out();
    }
    return 0;
}

/* Anything but 0 is what jcmd shows as the return code; the JVM goes on in any case. */
JNIEXPORT jint JNICALL Agent_OnAttach(JavaVM *vm, char *text, void *reserved)
{
    (void)reserved;
    if (atomic_exchange(&loaded, true)) {
        log_line(LOG_WARNING, tag, "is loaded already; a second load is refused, nothing has changed");
        return 1;
    }
    JNIEnv *env = NULL;
    jvmtiEnv *jvmti = arm(vm);
    bool in = jvmti && (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) == JNI_OK;
    if (!in) refuse(no_rewriting);
    if (in && !role_may_be_driver(jvmti)) {
        log_line(LOG_WARNING, tag, "this JVM is no Spark driver; nothing has changed");
        in = false;
    }
    in = in && prepare(jvmti, text);
    if (in && !attach_begin(jvmti, env, stay_out)) {
        refuse("no thread could be started");
        in = false;
    }
    if (!in) {
        if (jvmti) (*jvmti)->DisposeEnvironment(jvmti);
        stay_out();
    }
    return in ? 0 : 1;
}
