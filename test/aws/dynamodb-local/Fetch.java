// Fetches what pom.xml depends on, and what that needs, into a folder: inside of Maven, so that its
// settings, mirrors and proxies hold, and without a plugin. Nothing that was fetched runs.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.maven.AbstractMavenLifecycleParticipant;
import org.apache.maven.MavenExecutionException;
import org.apache.maven.RepositoryUtils;
import org.apache.maven.execution.MavenSession;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.resolution.DependencyResolutionException;

public final class Fetch extends AbstractMavenLifecycleParticipant {
    /** Set by Maven, as components.xml says. */
    private RepositorySystem repositories;

    @Override
    public void afterProjectsRead(MavenSession session) throws MavenExecutionException {
        var project = session.getCurrentProject();
        var settings = session.getRepositorySession();
        var wanted = new CollectRequest();
        wanted.setRepositories(project.getRemoteProjectRepositories());
        for (var one : project.getDependencies()) {
            var types = settings.getArtifactTypeRegistry();
            wanted.addDependency(RepositoryUtils.toDependency(one, types));
        }
        var folder = Path.of(session.getUserProperties().getProperty("folder"));
        try {
            var request = new DependencyRequest(wanted, null);
            var fetched = repositories.resolveDependencies(settings, request);
            for (var result : fetched.getArtifactResults()) {
                var file = result.getArtifact().getFile().toPath();
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        } catch (DependencyResolutionException | IOException error) {
            throw new MavenExecutionException(error.getMessage(), error);
        }
    }
}
