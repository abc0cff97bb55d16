package io.stitch.reactive

/** Records as a Kotlin application has them: with values by default, and with what may be null. */
data class KotlinProject(val id: String, val name: String = "Unnamed")

data class KotlinTask(
    val id: String,
    val projectId: String,
    val title: String = "Untitled",
    val assignee: KotlinPerson? = null,
    val labels: List<String> = emptyList(),
)

data class KotlinPerson(val name: String, val isGuest: Boolean = false)
