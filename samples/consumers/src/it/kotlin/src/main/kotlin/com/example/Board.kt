package com.example

import io.stitch.reactive.EntityType
import io.stitch.reactive.ListQuery
import io.stitch.reactive.RemoteOptions
import io.stitch.reactive.StitchSchema
import io.stitch.reactive.StitchStore
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.awaitSingleOrNull
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import tools.jackson.databind.json.JsonMapper
import tools.jackson.module.kotlin.KotlinModule

data class Project(val id: String, val name: String)

data class Task(val id: String, val projectId: String, val title: String, val done: Boolean = false)

val PROJECT: EntityType<Project> = EntityType.of("project", Project::class.java)
val TASK: EntityType<Task> = EntityType.of("task", Task::class.java)

fun main(args: Array<String>) = runBlocking {
    val store = StitchStore.builder()
        .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
        .jsonMapper(JsonMapper.builder().addModule(KotlinModule.Builder().build()).build())
        .remote(RemoteOptions.to(args[0]))
        .build()
    withTimeout(30_000) {
        store.start().awaitSingleOrNull()
        store.connect().awaitSingleOrNull()
        val scope = store.replaceScope("kotlin")
        val fromServer = async {
            scope.events(TASK).asFlow().map { event -> event.record(TASK) }.first { task -> task.id == "t0" }
        }
        println("STREAMED ${fromServer.await()}")
        println("CREATED ${scope.create(TASK, Task("t1", "kotlin", "Refit the gimbal")).awaitSingle()}")
        println("LISTED ${store.list(TASK, ListQuery.all()).awaitSingle().map { it.title }}")
        store.close().awaitSingleOrNull()
    }
    println("CLOSED")
}
